#include "daemon/listen/bind.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

using namespace opd;
using namespace opd::listen;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// As Linux writes it; the ports are 7008 (1B60) and 80 (0050).
constexpr const char* table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1B60 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 111 1 0000 20 4 30 10 "
    "-1\n"
    "   1: 0100007F:1B60 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000 100 0 0 10 "
    "0\n"
    "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1 0000 100 0 0 10 "
    "0\n"
    "   3: 0100007F:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0 1 0000\n"
    "   4: 0100007F:1F90 0100007F:0016\n";

constexpr const char* table_of_ipv6 =
    "  sl  local_address                         remote_address                        st tx_queue rx_queue tr "
    "tm->when "
    "retrnsmt   uid  timeout inode\n"
    "   0: 00000000000000000000000001000000:1B60 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    "00:00000000 00000000     0        0 815 1 0000 100 0 0 10 0\n";

std::string own_name() {
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    return fmt::format("{} (pid {})", name, ::getpid());
}

std::uint16_t port_of(const tcp::acceptor& acceptor) { return acceptor.local_endpoint().port(); }

}  // namespace

TEST_CASE("the inode of who listens on a port is read from the kernel's table") {
    CHECK(listening_inode(table, 7008) == 4711);
    CHECK(listening_inode(table, 80) == 222);
    CHECK(listening_inode(table_of_ipv6, 7008) == 815);
    CHECK_FALSE(listening_inode(table, 443));     // an inode of 0: of nobody
    CHECK_FALSE(listening_inode(table, 8080));    // a line that was cut off
    CHECK_FALSE(listening_inode(table, 0x01B6));  // part of another port
    CHECK_FALSE(listening_inode(table, 49153));   // a client's port
    CHECK_FALSE(listening_inode("", 7008));
    CHECK_FALSE(listening_inode("what is this\n\n", 7008));
}

TEST_CASE("who listens on a port of this machine is told by name and pid") {
    asio::io_context loop;
    std::uint16_t port = 0;
    {
        const tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
        port = port_of(acceptor);
        CHECK(describe_port_owner(port, false) == own_name());
        CHECK(describe_port_owner(port, true).empty());
    }
    CHECK(describe_port_owner(port, false).empty());
}

TEST_CASE("a listener of IPv6 is found for both families, since it may take both") {
    asio::io_context loop;
    const tcp::acceptor acceptor(loop, {asio::ip::address_v6::loopback(), 0});
    CHECK(describe_port_owner(port_of(acceptor), true) == own_name());
    CHECK(describe_port_owner(port_of(acceptor), false) == own_name());
}

TEST_CASE("a port that is bound but not listened on has no owner") {
    asio::io_context loop;
    tcp::acceptor bound(loop);
    bound.open(tcp::v4());
    bound.bind({asio::ip::address_v4::loopback(), 0});
    CHECK(describe_port_owner(port_of(bound), false).empty());
}

TEST_CASE("the peer of a unix socket is told by its pid") {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    CHECK(peer_process(pair[0]) == ::getpid());
    CHECK(program_name(peer_process(pair[0])) == "daemon_tests");
    ::close(pair[0]);
    ::close(pair[1]);
    CHECK(peer_process(-1) == 0);
    CHECK(program_name(0).empty());
}
