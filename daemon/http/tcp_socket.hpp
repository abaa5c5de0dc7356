#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace opd {

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

}  // namespace opd
