#pragma once

#include "daemon/http/nameless_uid.hpp"
#include "daemon/http/sock_diag.hpp"

#include <optional>

#include <sys/types.h>

namespace opd {

/// Who is at the other end of a connection.
struct peer {
    bool over_unix_socket = false;
    bool from_elsewhere = false;  ///< over TCP, and not from an address of this machine's loopback
    std::optional<uid_t> uid;     ///< the user whose process it is; nullopt: another machine's, or it cannot be told

    bool operator==(const peer&) const = default;
};

/// Looks at accepted connections: unix sockets tell the credentials of who connected (SO_PEERCRED, unix(7)). For TCP on
/// loopback the kernel is asked who owns the client's socket, over netlink; where that is not permitted, its tables in
/// /proc are read.
class peer_lookup {
public:
    /// A client that has gone, or is about to, has no user any more.
    peer look_at(int accepted);

private:
    std::optional<uid_t> owner_of_client(int accepted, const tcp_ends&);

    sock_diag diag_;
    std::optional<uid_t> nameless_ = nameless_uid();
};

}  // namespace opd
