#include "client/socket_owner.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace opd {

std::optional<uid_t> foreign_owner(int connected) {
    constexpr uid_t root = 0;
    ucred owner{};
    socklen_t size = sizeof owner;
    if (::getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &owner, &size) != 0) return static_cast<uid_t>(-1);
    if (owner.uid == ::geteuid() || owner.uid == root) return std::nullopt;
    return owner.uid;
}

}  // namespace opd
