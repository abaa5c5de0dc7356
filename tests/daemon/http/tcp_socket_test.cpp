#include "daemon/http/tcp_sockets.hpp"

#include <doctest/doctest.h>

#include <netinet/tcp.h>

using namespace opd;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint at(const char* address, std::uint16_t port) {
    return {asio::ip::make_address(address), port};
}

const tcp_ends ends{.client = at("127.0.0.1", 49153), .ours = at("127.0.0.1", 7008)};

tcp_socket client() {
    return {.local = ends.client, .remote = ends.ours, .state = TCP_ESTABLISHED, .uid = 1000, .inode = 4711};
}

}  // namespace

TEST_CASE("an address of IPv4 that is written as one of IPv6 is what it is") {
    CHECK(plain(asio::ip::make_address("::ffff:127.0.0.1")) == asio::ip::make_address("127.0.0.1"));
    CHECK(plain(asio::ip::make_address("::1")) == asio::ip::make_address("::1"));
    CHECK(plain(asio::ip::make_address("10.0.0.1")) == asio::ip::make_address("10.0.0.1"));
    CHECK(plain(at("::ffff:10.0.0.1", 80)) == at("10.0.0.1", 80));
}

TEST_CASE("the user of a client is that of the socket at the other end") {
    CHECK(client_uid(client(), ends) == 1000U);
    tcp_socket mapped = client();
    mapped.local = at("::ffff:127.0.0.1", 49153);
    mapped.remote = at("::ffff:127.0.0.1", 7008);
    CHECK(client_uid(mapped, ends) == 1000U);
    for (const unsigned state : {TCP_FIN_WAIT1, TCP_FIN_WAIT2}) {
        tcp_socket half_closed = client();
        half_closed.state = state;
        CHECK(client_uid(half_closed, ends) == 1000U);
    }
}

TEST_CASE("a socket that its process has closed has no user, although the kernel says root") {
    tcp_socket orphan = client();
    orphan.state = TCP_FIN_WAIT2;
    orphan.uid = 0;
    orphan.inode = 0;
    CHECK_FALSE(client_uid(orphan, ends));
}

TEST_CASE("a socket that is not the other end says nothing about the client") {
    for (const unsigned state : {TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECV, TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT,
                                 TCP_LAST_ACK, TCP_CLOSING}) {
        CAPTURE(state);
        tcp_socket other = client();
        other.state = state;
        CHECK_FALSE(client_uid(other, ends));
    }
    tcp_socket listening = client();
    listening.remote = at("0.0.0.0", 0);
    CHECK_FALSE(client_uid(listening, ends));
    tcp_socket our_own = client();
    std::swap(our_own.local, our_own.remote);
    CHECK_FALSE(client_uid(our_own, ends));
    tcp_socket of_another_address = client();
    of_another_address.local = at("127.0.0.2", 49153);
    CHECK_FALSE(client_uid(of_another_address, ends));
}
