#include "daemon/http/tcp_socket.hpp"

#include <netinet/tcp.h>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace opd {

asio::ip::address plain(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

tcp::endpoint plain(const tcp::endpoint& endpoint) {
    return {plain(endpoint.address()), endpoint.port()};
}

std::optional<uid_t> client_uid(const tcp_socket& found, const tcp_ends& ends) {
    // Without the whole pair it may be a socket that listens on the client's port.
    if (plain(found.local) != plain(ends.client) || plain(found.remote) != plain(ends.ours)) return std::nullopt;
    // A client that has only ended its direction still waits for the answer. One in SYN_SENT is somebody else, who has
    // taken the port of a client that has gone.
    const bool connected =
        found.state == TCP_ESTABLISHED || found.state == TCP_FIN_WAIT1 || found.state == TCP_FIN_WAIT2;
    // A socket that its process has closed is shown as one of root's.
    if (!connected || found.inode == 0) return std::nullopt;
    return found.uid;
}

}  // namespace opd
