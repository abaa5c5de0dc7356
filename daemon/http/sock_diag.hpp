#pragma once

#include "config/disk/file_handle.hpp"
#include "config/result.hpp"
#include "daemon/http/tcp_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include <linux/inet_diag.h>
#include <linux/netlink.h>

namespace opd {

/// One exact question to the kernel (sock_diag(7)): the socket with these two ends.
struct diag_request {
    nlmsghdr header;
    inet_diag_req_v2 wanted;
};

diag_request make_diag_request(const boost::asio::ip::tcp::endpoint& local,
                               const boost::asio::ip::tcp::endpoint& remote, std::uint32_t sequence);

/// The answer to the request of this number. `no_such_file_or_directory`: there is no such socket, or this kernel
/// cannot tell; `bad_message`: this is not the answer.
result<tcp_socket, std::errc> read_diag_reply(std::span<const std::byte>, std::uint32_t sequence);

/// A netlink socket to ask, kept open: the question is most wanted when descriptors run short. Asking takes
/// microseconds and never waits.
class sock_diag {
public:
    sock_diag();

    /// The errors are those of read_diag_reply, and of the system calls; where netlink is not permitted, each time.
    result<tcp_socket, std::errc> find(const boost::asio::ip::tcp::endpoint& local,
                                       const boost::asio::ip::tcp::endpoint& remote);

private:
    file_handle netlink_;
    std::uint32_t sequence_ = 0;
};

}  // namespace opd
