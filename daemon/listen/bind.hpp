#pragma once

#include "config/base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace opd::listen {

/// Why the daemon cannot serve somewhere, with the exit code that says so (69: taken, 77: not permitted, 70: anything
/// else, unless it says otherwise).
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

/// The inode of the socket that listens on a local TCP port, from the text of /proc/net/tcp or tcp6 (proc(5)). nullopt:
/// nobody does.
std::optional<std::uint64_t> listening_inode(std::string_view proc_net_tcp, std::uint16_t port);

/// Who listens on a TCP port of this machine: `nginx (pid 4711)`, as far as this user may know; else empty. For IPv4
/// that may be a socket of IPv6 that takes both families; for IPv6 it is never one of IPv4, whose port may be our own.
std::string describe_port_owner(std::uint16_t port, bool ipv6);

/// The process at the other end of a connected unix socket: of the listening end, the one that has called listen(2). 0
/// if it cannot be told.
pid_t peer_process(int socket);

/// The name of a process, `nginx`; empty if it cannot be told.
std::string program_name(pid_t);

}  // namespace opd::listen
