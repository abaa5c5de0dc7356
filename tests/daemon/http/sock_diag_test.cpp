#include "daemon/http/tcp_sockets.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <unistd.h>

using namespace opd;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

tcp::endpoint at(const char* address, std::uint16_t port) {
    return {asio::ip::make_address(address), port};
}

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
