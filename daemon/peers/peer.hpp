#pragma once

#include "daemon/peers/tcp_sockets.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace opd::peers {

/// The id under which the kernel shows every user who has none in this user namespace (user_namespaces(7)), so that it
/// says nothing about who it is; nullopt: every user has one. A service with PrivateUsers= knows its own user alone.
std::optional<uid_t> nameless_uid();

/// The same from the texts of /proc/self/uid_map and /proc/sys/kernel/overflowuid.
std::optional<uid_t> nameless_uid(std::string_view uid_map, std::string_view overflow_uid);

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

enum class access : std::uint8_t {
    granted,
    with_token,  ///< to requests that carry the token
    refused
};

/// Who may speak: processes of this user, and of root; other machines with the token. `own` is the user of the daemon.
access access_of(const peer&, uid_t own);

/// Why it is refused, for the one who is.
std::string refusal_of(const peer&);

}  // namespace opd::peers
