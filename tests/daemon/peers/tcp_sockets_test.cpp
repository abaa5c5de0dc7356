#include "daemon/peers/tcp_sockets.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <unistd.h>

using namespace opd;
using namespace opd::peers;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint at(const char* address, std::uint16_t port) { return {asio::ip::make_address(address), port}; }

const tcp_ends ends{.client = at("127.0.0.1", 49153), .ours = at("127.0.0.1", 7008)};

tcp_socket client() {
    return {.local = ends.client, .remote = ends.ours, .state = TCP_ESTABLISHED, .uid = 1000, .inode = 4711};
}

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

template <class T>
void append(std::vector<std::byte>& to, const T& what) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&what);
    to.insert(to.end(), bytes, bytes + sizeof what);
}

template <class T>
std::vector<std::byte> reply(std::uint16_t type, std::uint32_t sequence, const T& body) {
    nlmsghdr header{};
    header.nlmsg_len = NLMSG_LENGTH(sizeof body);
    header.nlmsg_type = type;
    header.nlmsg_seq = sequence;
    std::vector<std::byte> out;
    append(out, header);
    append(out, body);
    return out;
}

inet_diag_msg client_of_ipv4() {
    inet_diag_msg told{};
    told.idiag_family = AF_INET;
    told.idiag_state = TCP_ESTABLISHED;
    told.id.idiag_sport = htons(49153);
    told.id.idiag_dport = htons(7008);
    told.id.idiag_src[0] = htonl(0x7f000001);
    told.id.idiag_dst[0] = htonl(0x7f000001);
    told.idiag_uid = 1001;
    told.idiag_inode = 4711;
    return told;
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

TEST_CASE("a request asks for one socket by both of its ends") {
    const diag_request asked = make_diag_request(at("127.0.0.1", 49153), at("127.0.0.1", 7008), 7);
    CHECK(asked.header.nlmsg_len == sizeof asked);
    CHECK(asked.header.nlmsg_type == SOCK_DIAG_BY_FAMILY);
    CHECK(asked.header.nlmsg_flags == NLM_F_REQUEST);
    CHECK(asked.header.nlmsg_seq == 7);
    CHECK(asked.wanted.sdiag_family == AF_INET);
    CHECK(asked.wanted.sdiag_protocol == IPPROTO_TCP);
    CHECK(asked.wanted.id.idiag_sport == htons(49153));
    CHECK(asked.wanted.id.idiag_dport == htons(7008));
    CHECK(asked.wanted.id.idiag_src[0] == htonl(0x7f000001));
    CHECK(asked.wanted.id.idiag_dst[0] == htonl(0x7f000001));
    CHECK(asked.wanted.id.idiag_cookie[0] == ~0U);
    CHECK(asked.wanted.id.idiag_cookie[1] == ~0U);
    const diag_request v6 = make_diag_request(at("::1", 1), at("::1", 2), 8);
    CHECK(v6.wanted.sdiag_family == AF_INET6);
    CHECK(v6.wanted.id.idiag_src[3] == htonl(1));
    CHECK(make_diag_request(at("::ffff:127.0.0.1", 1), at("::ffff:127.0.0.1", 2), 9).wanted.sdiag_family == AF_INET);
}

TEST_CASE("a reply tells the socket, whichever family it is of") {
    const auto told = read_diag_reply(reply(SOCK_DIAG_BY_FAMILY, 7, client_of_ipv4()), 7);
    REQUIRE(told.has_value());
    CHECK(*told == tcp_socket{.local = at("127.0.0.1", 49153),
                              .remote = at("127.0.0.1", 7008),
                              .state = TCP_ESTABLISHED,
                              .uid = 1001,
                              .inode = 4711});
    inet_diag_msg v6 = client_of_ipv4();
    v6.idiag_family = AF_INET6;
    v6.id.idiag_src[0] = 0;
    v6.id.idiag_src[2] = htonl(0xffff);
    v6.id.idiag_src[3] = htonl(0x7f000001);
    const auto mapped = read_diag_reply(reply(SOCK_DIAG_BY_FAMILY, 7, v6), 7);
    REQUIRE(mapped.has_value());
    CHECK(mapped->local == at("::ffff:127.0.0.1", 49153));
}

TEST_CASE("an error of the kernel is told, and what is no answer is no answer") {
    nlmsgerr failed{};
    failed.error = -ENOENT;
    CHECK(read_diag_reply(reply(NLMSG_ERROR, 7, failed), 7).error() == std::errc::no_such_file_or_directory);
    failed.error = -EPERM;
    CHECK(read_diag_reply(reply(NLMSG_ERROR, 7, failed), 7).error() == std::errc::operation_not_permitted);
    failed.error = 0;
    CHECK(read_diag_reply(reply(NLMSG_ERROR, 7, failed), 7).error() == std::errc::bad_message);

    const auto good = reply(SOCK_DIAG_BY_FAMILY, 7, client_of_ipv4());
    CHECK(read_diag_reply(good, 8).error() == std::errc::bad_message);
    for (std::size_t size = 0; size != good.size(); ++size) {
        CAPTURE(size);
        CHECK(read_diag_reply(std::span(good).first(size), 7).error() == std::errc::bad_message);
    }
    CHECK(read_diag_reply(reply(NLMSG_DONE, 7, client_of_ipv4()), 7).error() == std::errc::bad_message);
    inet_diag_msg other = client_of_ipv4();
    other.idiag_family = AF_UNIX;
    CHECK(read_diag_reply(reply(SOCK_DIAG_BY_FAMILY, 7, other), 7).error() == std::errc::bad_message);
}

TEST_CASE("the kernel is asked for a connection of this process") {
    asio::io_context loop;
    tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
    tcp::socket client(loop);
    client.connect(acceptor.local_endpoint());
    tcp::socket accepted = acceptor.accept();
    sock_diag kernel;
    const auto found = kernel.find(accepted.remote_endpoint(), accepted.local_endpoint());
    if (!found && found.error() != std::errc::no_such_file_or_directory) {
        MESSAGE("netlink is not permitted here");
        return;
    }
    REQUIRE(found.has_value());
    CHECK(found->uid == ::geteuid());
    CHECK(found->inode != 0);
    CHECK(found->state == TCP_ESTABLISHED);
    CHECK(found->local == client.local_endpoint());
    // Without such a connection, the kernel answers with who listens on the port.
    const auto listening = kernel.find(acceptor.local_endpoint(), acceptor.local_endpoint());
    REQUIRE(listening.has_value());
    CHECK(listening->state == TCP_LISTEN);
    CHECK(kernel.find(acceptor.local_endpoint(), client.local_endpoint())->inode != found->inode);
    CHECK(kernel.find(accepted.remote_endpoint(), accepted.local_endpoint()).has_value());
}
