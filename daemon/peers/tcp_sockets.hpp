#pragma once

#include "config/base/ascii.hpp"
#include "config/base/file_handle.hpp"
#include "config/base/result.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <sys/types.h>

namespace opd::peers {

/// A TCP socket of this machine, as the kernel tells it.
struct tcp_socket {
    boost::asio::ip::tcp::endpoint local;
    boost::asio::ip::tcp::endpoint remote;
    unsigned state = 0;       ///< TCP_ESTABLISHED ... of <netinet/tcp.h>
    uid_t uid = 0;            ///< of the process that made it
    std::uint64_t inode = 0;  ///< 0: no process has it any more, and `uid` means nothing

    bool operator==(const tcp_socket&) const = default;
};

/// The two ends of a connection, as the one who accepted it sees them.
struct tcp_ends {
    boost::asio::ip::tcp::endpoint client;
    boost::asio::ip::tcp::endpoint ours;
};

/// An IPv4 address that is written as one of IPv6 (`::ffff:127.0.0.1`, RFC 4291 2.5.5.2) as what it is; any other
/// address as it is.
boost::asio::ip::address plain(const boost::asio::ip::address&);
boost::asio::ip::tcp::endpoint plain(const boost::asio::ip::tcp::endpoint&);

/// The user whose process is the client: `found` is the other end of this connection, and a process still has it.
std::optional<uid_t> client_uid(const tcp_socket& found, const tcp_ends&);

/// The text of a file of /proc; empty where it cannot be read.
std::string read_whole(const std::filesystem::path&);

/// Reads one line of /proc/net/tcp or tcp6 (proc(5)); nullopt: it is the heading, or not of that form.
std::optional<tcp_socket> read_tcp_line(std::string_view line);

/// The first line that `wanted` accepts.
template <class Predicate>
std::optional<tcp_socket> find_in_tcp_table(std::string_view table, Predicate wanted) {
    while (!table.empty()) {
        auto found = read_tcp_line(next_part(table, '\n'));
        if (found && wanted(*found)) return found;
    }
    return std::nullopt;
}

/// The socket between these ends; nullopt: there is none.
std::optional<tcp_socket> find_tcp_socket(std::string_view table, const boost::asio::ip::tcp::endpoint& local,
                                          const boost::asio::ip::tcp::endpoint& remote);

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

}  // namespace opd::peers
