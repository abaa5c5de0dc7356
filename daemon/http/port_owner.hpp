#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace opd {

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

}  // namespace opd
