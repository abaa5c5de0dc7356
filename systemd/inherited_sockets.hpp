#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

// Socket activation (sd_listen_fds(3), systemd.socket(5)): the manager listens, and hands its sockets to the service.

namespace opd::systemd {

/// The FileDescriptorName= of our socket unit.
inline constexpr std::string_view own_socket_name = "rest";

/// A descriptor that the manager has handed over.
struct handed_over {
    int descriptor = -1;
    std::string name;  ///< `unknown` where the manager gave none
    int family = 0;    ///< AF_UNIX, AF_INET ...; 0: it is no socket
    int type = 0;      ///< SOCK_STREAM ...
    bool listening = false;
};

/// Which of them the daemon serves on. All others are to be closed.
struct inherited_sockets {
    std::vector<int> ours;
    std::vector<std::string> warnings;  ///< of what is ignored: a foreign name
    std::string error;                  ///< not empty: one with our name cannot be served on
};

/// Ours are those with our name, and those without any: the name of the socket unit itself, which is what the manager
/// takes without FileDescriptorName=, or `unknown`.
inherited_sockets choose_sockets(std::span<const handed_over>);

/// What the manager has handed to this process, close-on-exec; asked a second time, nothing. Children do not see the
/// variables that told of it.
std::vector<handed_over> take_inherited_sockets();

}  // namespace opd::systemd
