#include "daemon/peers/peer.hpp"

#include <fmt/format.h>

#include <sstream>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace opd::peers {
namespace {

constexpr uid_t root = 0;

std::optional<uid_t> unix_peer_uid(int accepted) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
    return credentials.uid;
}

/// The address that getsockname or getpeername tells.
template <class Call>
std::optional<tcp::endpoint> endpoint_of(int accepted, Call call) {
    tcp::endpoint out;
    auto size = static_cast<socklen_t>(out.capacity());
    if (call(accepted, out.data(), &size) != 0) return std::nullopt;
    const int family = out.data()->sa_family;
    if (family != AF_INET && family != AF_INET6) return std::nullopt;
    return out;
}

/// The client has not gone: it may have ended its direction, but nobody else can have its port yet.
bool is_connected(int accepted) {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(accepted, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
    return info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT;
}

std::optional<uid_t> owner_in_proc(const tcp_ends& ends) {
    // A client's socket of IPv6 may be connected over IPv4, and then it is in the other table.
    for (const char* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
        const auto found = find_tcp_socket(read_whole(table), ends.client, ends.ours);
        if (found) return client_uid(*found, ends);
    }
    return std::nullopt;
}

}  // namespace

std::optional<uid_t> nameless_uid() {
    return nameless_uid(read_whole("/proc/self/uid_map"), read_whole("/proc/sys/kernel/overflowuid"));
}

std::optional<uid_t> nameless_uid(std::string_view uid_map, std::string_view overflow_uid) {
    std::istringstream map{std::string(uid_map)};
    std::uint64_t inside = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    constexpr std::uint64_t all = 0xffffffff;
    if (map >> inside >> outside >> count && inside == 0 && count == all) return std::nullopt;
    uid_t uid = 65534;  // the kernel's own default
    std::istringstream(std::string(overflow_uid)) >> uid;
    return uid;
}

peer peer_lookup::look_at(int accepted) {
    peer out;
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    if (::getsockopt(accepted, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) return out;
    if (family == AF_UNIX) {
        out.over_unix_socket = true;
        out.uid = unix_peer_uid(accepted);
    } else {
        const auto client = endpoint_of(accepted, ::getpeername);
        const auto ours = endpoint_of(accepted, ::getsockname);
        if (!client || !ours) return out;
        out.from_elsewhere = !plain(client->address()).is_loopback();
        if (!out.from_elsewhere) out.uid = owner_of_client(accepted, {.client = *client, .ours = *ours});
    }
    if (out.uid && out.uid == nameless_) out.uid.reset();
    return out;
}

std::optional<uid_t> peer_lookup::owner_of_client(int accepted, const tcp_ends& ends) {
    if (!is_connected(accepted)) return std::nullopt;
    std::optional<uid_t> uid;
    if (const auto found = diag_.find(ends.client, ends.ours)) {
        uid = client_uid(*found, ends);
    } else if (!diag_.find(ends.ours, ends.client)) {
        // Our own end is there for certain: netlink cannot tell, and the client has not just gone.
        uid = owner_in_proc(ends);
        // In a line of the table user and inode are not of one instant, and a socket that is closed becomes root's.
        if (uid == root) uid = owner_in_proc(ends);
    }
    // Only now it is certain that what was found is the other end of this connection: as long as it stands, nobody else
    // has the client's port.
    return is_connected(accepted) ? uid : std::nullopt;
}

access access_of(const peer& who, uid_t own) {
    if (who.from_elsewhere) return access::with_token;
    return who.uid && (*who.uid == own || *who.uid == root) ? access::granted : access::refused;
}

std::string refusal_of(const peer& who) {
    constexpr std::string_view rule = "operatord serves only processes of the user who started it";
    if (!who.uid) return fmt::format("{}, and it cannot be told whose process is asking; ask as that user", rule);
    return fmt::format("{}, and a process of another user (uid {}) is asking; that user can run one of their own", rule,
                       *who.uid);
}

}  // namespace opd::peers
