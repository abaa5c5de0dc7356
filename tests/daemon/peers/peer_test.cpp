#include "daemon/peers/peer.hpp"

#include "tests/support/system_calls.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/without_privileges.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace opd;
using namespace opd::peers;
using namespace opd::test;
namespace asio = boost::asio;
using asio::ip::tcp;
using local_protocol = asio::local::stream_protocol;

namespace {

/// A connection on loopback, both ends of which are ours. The client may reach it under another form of the address.
struct loopback_connection {
    explicit loopback_connection(const char* address = "127.0.0.1", const char* reached_as = nullptr)
        : acceptor(loop, tcp::endpoint(asio::ip::make_address(address), 0)) {
        client.connect(
            {asio::ip::make_address(reached_as == nullptr ? address : reached_as), acceptor.local_endpoint().port()});
        accepted = acceptor.accept();
    }

    peer look() { return peer_lookup().look_at(accepted.native_handle()); }

    /// What the client has done has reached the other end.
    void catch_up() {
        pollfd ready{.fd = accepted.native_handle(), .events = POLLIN | POLLRDHUP, .revents = 0};
        REQUIRE(::poll(&ready, 1, 10'000) == 1);
    }

    asio::io_context loop;
    tcp::acceptor acceptor;
    tcp::socket client{loop};
    tcp::socket accepted{loop};
};

const peer unknown{};

peer own_process() { return {.uid = ::geteuid()}; }

constexpr uid_t own = 1000;
constexpr peer local_process{.over_unix_socket = true};
constexpr peer loopback_process{};
constexpr peer elsewhere{.from_elsewhere = true};

peer of(peer who, std::optional<uid_t> uid) {
    who.uid = uid;
    return who;
}

}  // namespace

TEST_CASE("a client on loopback is told by its user, over IPv4, IPv6 and IPv4 through IPv6") {
    CHECK(loopback_connection().look() == own_process());
    CHECK(loopback_connection("127.0.0.2").look() == own_process());
    CHECK(loopback_connection("::1").look() == own_process());
    CHECK(loopback_connection("127.0.0.1", "::ffff:127.0.0.1").look() == own_process());
}

TEST_CASE("a listener that takes both families is no obstacle") {
    asio::io_context loop;
    tcp::acceptor acceptor(loop);
    acceptor.open(tcp::v6());
    acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(tcp::endpoint(asio::ip::address_v6::any(), 0));
    acceptor.listen();
    tcp::socket client(loop);
    client.connect({asio::ip::address_v4::loopback(), acceptor.local_endpoint().port()});
    const tcp::socket accepted = acceptor.accept();
    CHECK(peer_lookup().look_at(const_cast<tcp::socket&>(accepted).native_handle()) == own_process());
}

TEST_CASE("a client of another user is told by that user") {
    if (::geteuid() != 0) {
        MESSAGE("only root can be another user");
        return;
    }
    asio::io_context loop;
    tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
    const temp_folder folder;
    local_protocol::acceptor local_acceptor(loop, local_protocol::endpoint(folder.path() / "s"));
    tcp::socket client(loop);
    local_protocol::socket local_client(loop);
    REQUIRE(::chmod(folder.path().c_str(), 0711) == 0);
    REQUIRE(::chmod((folder.path() / "s").c_str(), 0666) == 0);
    {
        const without_privileges as_nobody;
        client.connect(acceptor.local_endpoint());
        local_client.connect(local_acceptor.local_endpoint());
    }
    tcp::socket accepted = acceptor.accept();
    CHECK(peer_lookup().look_at(accepted.native_handle()) == peer{.uid = nobody});
    local_protocol::socket local_accepted = local_acceptor.accept();
    CHECK(peer_lookup().look_at(local_accepted.native_handle()) == peer{.over_unix_socket = true, .uid = nobody});
}

TEST_CASE("a client on the unix socket is told by its user") {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    CHECK(peer_lookup().look_at(pair[0]) == peer{.over_unix_socket = true, .uid = ::geteuid()});
    ::close(pair[0]);
    ::close(pair[1]);
}

TEST_CASE("a client that has ended its direction still has its user, one that has closed has none") {
    loopback_connection half;
    asio::write(half.client, asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")));
    half.client.shutdown(tcp::socket::shutdown_send);
    half.catch_up();
    CHECK(half.look() == own_process());

    loopback_connection closed;
    asio::write(closed.client, asio::buffer(std::string("DELETE / HTTP/1.1\r\n\r\n")));
    closed.client.close();
    closed.catch_up();
    CHECK(closed.look() == unknown);
}

TEST_CASE("who takes the port of a client that has gone is not taken for it") {
    // Another program may take it before we do: then it is somebody else's, and the next connection has another.
    bool taken = false;
    for (int tries = 0; !taken && tries != 100; ++tries) {
        loopback_connection first;
        const tcp::endpoint port = first.client.local_endpoint();
        asio::write(first.client, asio::buffer(std::string("DELETE / HTTP/1.1\r\n\r\n")));
        first.client.set_option(tcp::socket::linger(true, 0));
        first.client.close();
        first.catch_up();
        tcp::socket second(first.loop);
        second.open(tcp::v4());
        second.set_option(tcp::socket::reuse_address(true));
        boost::system::error_code in_use;
        second.bind(port, in_use);
        if (in_use) continue;
        taken = true;
        second.connect(first.acceptor.local_endpoint());
        tcp::socket accepted = first.acceptor.accept();
        CHECK(peer_lookup().look_at(accepted.native_handle()) == own_process());
        CHECK(first.look() == unknown);
    }
    CHECK(taken);
}

TEST_CASE("where netlink is denied, the kernel's tables tell the same") {
    const auto without_netlink = [](const system_call& call) {
        return call.arguments[0] == AF_NETLINK ? EAFNOSUPPORT : 0;
    };
    const bool ran = with_intercepted({SYS_socket}, without_netlink, [] {
        CHECK(sock_diag().find({}, {}).error() == std::errc::bad_file_descriptor);
        CHECK(loopback_connection().look() == own_process());
        CHECK(loopback_connection("::1").look() == own_process());
        CHECK(loopback_connection("127.0.0.1", "::ffff:127.0.0.1").look() == own_process());
        loopback_connection closed;
        closed.client.close();
        closed.catch_up();
        CHECK(closed.look() == unknown);
    });
    if (!ran) MESSAGE("system calls cannot be intercepted here");
}

TEST_CASE("what is no connection has no user") {
    CHECK(peer_lookup().look_at(-1) == unknown);
    asio::io_context loop;
    tcp::socket unconnected(loop);
    unconnected.open(tcp::v4());
    CHECK(peer_lookup().look_at(unconnected.native_handle()) == unknown);
}

TEST_CASE("only processes of the same user and of root may speak, other machines with the token") {
    for (const peer& who : {local_process, loopback_process}) {
        CHECK(access_of(of(who, own), own) == access::granted);
        CHECK(access_of(of(who, 0), own) == access::granted);
        CHECK(access_of(of(who, 1001), own) == access::refused);
        CHECK(access_of(of(who, 65534), own) == access::refused);
        CHECK(access_of(of(who, std::nullopt), own) == access::refused);
        CHECK(access_of(of(who, 1000), 0) == access::refused);  // a daemon of root serves root
    }
    CHECK(access_of(elsewhere, own) == access::with_token);
    CHECK(access_of(of(elsewhere, own), own) == access::with_token);
}

TEST_CASE("who is refused is told why") {
    CHECK(refusal_of(of(loopback_process, 1001)) ==
          "operatord serves only processes of the user who started it, and a process of another user (uid 1001) is "
          "asking; that user can run one of their own");
    CHECK(refusal_of(loopback_process) ==
          "operatord serves only processes of the user who started it, and it cannot be told whose process is asking; "
          "ask as that user");
}

TEST_CASE("in a user namespace, the user who stands for all others is nobody in particular") {
    CHECK_FALSE(nameless_uid("         0          0 4294967295\n", "65534\n"));
    CHECK(nameless_uid("      1000       1000          1\n", "65534\n") == 65534U);
    CHECK(nameless_uid("         0       1000          1\n         1     100000      65536\n", "60000\n") == 60000U);
    CHECK(nameless_uid("         0     100000 4294967295\n", "65534\n") == std::nullopt);
    CHECK(nameless_uid("", "") == 65534U);
}
