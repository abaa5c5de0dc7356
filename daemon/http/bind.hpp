#pragma once

#include "config/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <string>
#include <string_view>

#include <sys/types.h>

namespace opd {

/// Why the daemon cannot serve somewhere, with the exit code that says so (69: taken, 77: not permitted, 70: anything
/// else).
struct listen_error {
    int exit_code;
    problem what;
    bool no_such_address = false;  ///< the machine does not have this address, or its family
};

/// `127.0.0.1:7008`, `[::1]:7008`
std::string show(const boost::asio::ip::tcp::endpoint&);

/// An address of IPv6 takes clients of IPv6 alone.
result<boost::asio::ip::tcp::acceptor, listen_error> bind_tcp(const boost::asio::any_io_executor&,
                                                              const boost::asio::ip::tcp::endpoint&);

/// A socket file of mode 0600. A file that a dead daemon left behind is replaced; where a daemon answers, it is an
/// error. The folder must exist.
result<boost::asio::local::stream_protocol::acceptor, listen_error> bind_local(const boost::asio::any_io_executor&,
                                                                               const std::string& path);

/// Somebody serves on this socket already; `process` is 0 if it cannot be told who. systemd (`program`) does so for us.
listen_error socket_taken(const std::string& path, pid_t process, std::string_view program);

/// The system call that serving on this socket failed in said this.
listen_error local_error(const std::string& path, const boost::system::error_code&);

}  // namespace opd
