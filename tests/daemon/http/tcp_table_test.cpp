#include "daemon/http/tcp_sockets.hpp"

#include <doctest/doctest.h>

#include <string>

#include <netinet/tcp.h>

using namespace opd;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// As Linux writes it on a little-endian machine; the ports are 7008 (1B60) and 49153 (C001).
constexpr const char* table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 00000000:1B60 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000 100 0 0\n"
    "   1: 0100007F:1B60 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000 20 4 30\n"
    "   2: 0100007F:C001 0100007F:1B60 01 00000000:00000000 02:000004D2 00000000  1001        0 4713 2 0000 20 4 30\n"
    "   3: 0100007F:C002 0100007F:1B60 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0000 20 4 30\n";

constexpr const char* table_of_ipv6 =
    "  sl  local_address                         remote_address                        st tx_queue rx_queue tr "
    "tm->when retrnsmt   uid  timeout inode\n"
    "   0: 00000000000000000000000001000000:C001 00000000000000000000000001000000:1B60 01 00000000:00000000 "
    "00:00000000 00000000  1002        0 815 1 0000 100 0 0 10 0\n"
    "   1: 0000000000000000FFFF00000100007F:C003 0000000000000000FFFF00000100007F:1B60 01 00000000:00000000 "
    "00:00000000 00000000  1003        0 816 1 0000 100 0 0 10 0\n";

tcp::endpoint at(const char* address, std::uint16_t port) {
    return {asio::ip::make_address(address), port};
}

}  // namespace

TEST_CASE("a line of the kernel's table is read whole") {
    const std::string_view second = std::string_view(table).substr(std::string_view(table).find("   2:"));
    CHECK(read_tcp_line(second.substr(0, second.find('\n'))) == tcp_socket{.local = at("127.0.0.1", 49153),
                                                                           .remote = at("127.0.0.1", 7008),
                                                                           .state = TCP_ESTABLISHED,
                                                                           .uid = 1001,
                                                                           .inode = 4713});
}

TEST_CASE("the socket between two ends is found, not the one of the other end or one that listens") {
    const auto client = find_tcp_socket(table, at("127.0.0.1", 49153), at("127.0.0.1", 7008));
    REQUIRE(client.has_value());
    CHECK(client->uid == 1001);
    const auto ours = find_tcp_socket(table, at("127.0.0.1", 7008), at("127.0.0.1", 49153));
    REQUIRE(ours.has_value());
    CHECK(ours->uid == 1000);
    const auto orphan = find_tcp_socket(table, at("127.0.0.1", 49154), at("127.0.0.1", 7008));
    REQUIRE(orphan.has_value());
    CHECK(orphan->inode == 0);
    CHECK_FALSE(find_tcp_socket(table, at("127.0.0.1", 49155), at("127.0.0.1", 7008)));
    CHECK_FALSE(find_tcp_socket(table, at("127.0.0.2", 49153), at("127.0.0.1", 7008)));
    CHECK_FALSE(find_tcp_socket("", at("127.0.0.1", 49153), at("127.0.0.1", 7008)));
}

TEST_CASE("IPv6, and IPv4 over a socket of IPv6") {
    const auto v6 = find_tcp_socket(table_of_ipv6, at("::1", 49153), at("::1", 7008));
    REQUIRE(v6.has_value());
    CHECK(v6->uid == 1002);
    const auto mapped = find_tcp_socket(table_of_ipv6, at("127.0.0.1", 49155), at("127.0.0.1", 7008));
    REQUIRE(mapped.has_value());
    CHECK(mapped->uid == 1003);
}

TEST_CASE("what is no line of the table is passed over") {
    const std::string good =
        "1: 0100007F:C001 0100007F:1B60 01 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0000";
    REQUIRE(read_tcp_line(good).has_value());
    for (std::size_t size = 0; size + 8 < good.size(); ++size) {
        CAPTURE(size);
        const auto cut = read_tcp_line(good.substr(0, size));
        if (cut) CHECK(cut->inode < 4711);  // cut within the number, where the kernel never ends a line
    }
    for (const char* bad :
         {"", "   ", "what is this", "1: 0100007F 0100007F:1B60 01 0 0 0 1000 0 4711",
          "1: 0100007G:C001 0100007F:1B60 01 0 0 0 1000 0 4711", "1: 0100007F:C001 0100007F:11B60 01 0 0 0 1000 0 4711",
          "1: 0100007F:C001 0100007F:1B60 01 0 0 0 -1 0 4711",
          "1: 0100007F:C001 0100007F:1B60 01 0 0 0 4294967296 0 4711",
          "1: 0100007F00:C001 0100007F:1B60 01 0 0 0 1000 0 4711"}) {
        CAPTURE(bad);
        CHECK_FALSE(read_tcp_line(bad));
    }
    const std::string broken = "nonsense\n\n" + good + "\nmore";
    CHECK(find_tcp_socket(broken, at("127.0.0.1", 49153), at("127.0.0.1", 7008)).has_value());
}
