#include "client/connection.hpp"

#include "tests/client/responder.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/without_privileges.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace opd;
using opd::test::responder;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using tcp = asio::ip::tcp;
using unix_socket = asio::local::stream_protocol;

const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);

daemon_address at(std::string_view host, std::uint16_t port) {
    const auto address = url_address(fmt::format("http://{}:{}", host, port));
    REQUIRE(address.has_value());
    return *address;
}

daemon_address at(const tcp::endpoint& where) { return at("127.0.0.1", where.port()); }

daemon_reply get(const daemon_address& address, std::chrono::milliseconds limit = 30s) {
    const std::vector<daemon_request> requests{{.target = "/api/v1/health"}};
    return ask_daemon(address, requests, limit).front();
}

std::string answer_of(std::string_view body) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

connection_failure::reason why_not(const daemon_reply& reply) {
    REQUIRE_FALSE(reply.has_value());
    return reply.error().why;
}

}  // namespace

TEST_CASE("an answer comes over TCP, and the request names the host") {
    responder<tcp> daemon(any_port, answer_of("{}"));
    const auto port = daemon.where().port();
    const auto reply = get(at(daemon.where()));
    REQUIRE(reply.has_value());
    CHECK(reply->status == 200);
    CHECK(reply->body == "{}");
    const std::string request = daemon.requests();
    CHECK(request.starts_with("GET /api/v1/health HTTP/1.0\r\n"));
    CHECK(request.find(fmt::format("\r\nHost: 127.0.0.1:{}\r\n", port)) != std::string::npos);
    CHECK(request.find("\r\nUser-Agent: operatorctl/") != std::string::npos);
}

TEST_CASE("localhost is the loopback without a name service") {
    responder<tcp> daemon(any_port, answer_of("[]"));
    const auto reply = get(at("localhost", daemon.where().port()));
    REQUIRE(reply.has_value());
    CHECK(reply->body == "[]");
}

TEST_CASE("an answer comes over a unix socket") {
    const test::temp_folder folder;
    const std::string path = folder.path() / "o.sock";
    responder<unix_socket> daemon(unix_socket::endpoint(path), answer_of("over the socket"));
    const auto reply = get(socket_address(path));
    REQUIRE(reply.has_value());
    CHECK(reply->body == "over the socket");
    CHECK(daemon.requests().find("\r\nHost: localhost\r\n") != std::string::npos);
}

TEST_CASE("a change is sent with its method, its body and the tag of what it is about") {
    struct {
        daemon_request request;
        std::string first_line;
    } const cases[] = {
        {{.target = "/x", .method = http_method::post, .body = "{\"a\":1}"}, "POST /x HTTP/1.0\r\n"},
        {{.target = "/x/y", .method = http_method::put, .body = "{\"a\":1}", .if_match = "\"7\""},
         "PUT /x/y HTTP/1.0\r\n"},
        {{.target = "/x?force=true", .method = http_method::remove}, "DELETE /x?force=true HTTP/1.0\r\n"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.first_line);
        responder<tcp> daemon(any_port, "HTTP/1.1 201 Created\r\nETag: \"8\"\r\nContent-Length: 2\r\n\r\n{}");
        const std::vector<daemon_request> requests{one.request};
        const auto reply = ask_daemon(at(daemon.where()), requests, 30s).front();
        REQUIRE(reply.has_value());
        CHECK(reply->status == 201);
        CHECK(reply->etag == "\"8\"");
        const std::string sent = daemon.requests();
        CHECK(sent.starts_with(one.first_line));
        const bool has_body = !one.request.body.empty();
        CHECK(sent.ends_with("\r\n\r\n" + one.request.body));
        CHECK((sent.find("\r\nContent-Type: application/json\r\n") != sent.npos) == has_body);
        CHECK((sent.find("\r\nContent-Length: 7\r\n") != sent.npos) == has_body);
        CHECK((sent.find("\r\nIf-Match: \"7\"\r\n") != sent.npos) == !one.request.if_match.empty());
    }
}

TEST_CASE("an error answer is an answer") {
    responder<tcp> daemon(any_port, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
    const auto reply = get(at(daemon.where()));
    REQUIRE(reply.has_value());
    CHECK(reply->status == 404);
}

TEST_CASE("many requests are sent, and the replies keep their order") {
    responder<tcp> daemon(any_port, answer_of("x"), 40);
    std::vector<daemon_request> wanted;
    for (int i = 0; i < 40; ++i) wanted.push_back({.target = fmt::format("/{}", i)});
    const auto replies = ask_daemon(at(daemon.where()), wanted, 30s);
    REQUIRE(replies.size() == 40);
    for (const auto& reply : replies) CHECK((reply.has_value() && reply->body == "x"));
    const std::string requests = daemon.requests();
    for (const daemon_request& one : wanted)
        CHECK(requests.find("GET " + one.target + " HTTP/1.0\r\n") != std::string::npos);
    CHECK(ask_daemon(socket_address("/nowhere"), {}, 30s).empty());
}

TEST_CASE("a daemon that is not there is told from one that may not be asked") {
    using why = connection_failure::reason;
    const test::temp_folder folder;
    CHECK(why_not(get(socket_address(folder.path() / "none.sock"))) == why::not_there);
    CHECK(why_not(get(socket_address("/" + std::string(200, 'x')))) == why::not_there);
    {
        asio::io_context io;
        const unix_socket::acceptor gone(io, unix_socket::endpoint(folder.path() / "stale.sock"));
    }
    CHECK(why_not(get(socket_address(folder.path() / "stale.sock"))) == why::not_there);

    asio::io_context io;
    tcp::acceptor closed(io, any_port);
    const daemon_address address = at(closed.local_endpoint());
    closed.close();
    CHECK(why_not(get(address)) == why::not_there);
}

TEST_CASE("a daemon that hangs costs no more than the limit") {
    responder<tcp> daemon(any_port, "");
    CHECK(why_not(get(at(daemon.where()), 50ms)) == connection_failure::reason::timed_out);
}

TEST_CASE("what is not HTTP, and what breaks off, is no daemon") {
    for (const std::string answer :
         {"\x16\x03\x01garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
          "SSH-2.0-OpenSSH_9.2\r\n"}) {
        CAPTURE(answer);
        responder<tcp> daemon(any_port, answer);
        CHECK(why_not(get(at(daemon.where()))) == connection_failure::reason::broken);
    }
}

TEST_CASE("the token goes over TCP, and not to a unix socket") {
    const std::vector<daemon_request> requests{{.target = "/api/v1/health"}};
    const secret token("t0ken");
    responder<tcp> remote(any_port, answer_of("{}"));
    CHECK(ask_daemon(at(remote.where()), requests, 30s, token).front().has_value());
    CHECK(remote.requests().find("\r\nAuthorization: Bearer t0ken\r\n") != std::string::npos);
    const opd::test::temp_folder folder;
    const std::string path = (folder.path() / "s").string();
    responder<unix_socket> local(unix_socket::endpoint(path), answer_of("{}"));
    CHECK(ask_daemon(socket_address(path), requests, 30s, token).front().has_value());
    CHECK(local.requests().find("t0ken") == std::string::npos);
}

TEST_CASE("a socket that another user serves is not asked") {
    if (::geteuid() != 0) {
        MESSAGE("only root can be another user");
        return;
    }
    const opd::test::temp_folder folder;
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    const std::string path = (folder.path() / "s").string();
    asio::io_context loop;
    std::optional<unix_socket::acceptor> theirs;
    {
        const opd::test::without_privileges as_nobody;
        theirs.emplace(loop, unix_socket::endpoint(path));
    }
    const daemon_reply reply = get(socket_address(path));
    CHECK(why_not(reply) == connection_failure::reason::foreign);
    CHECK(reply.error().detail == "uid 65534");
    unix_socket::socket client = theirs->accept();
    std::array<char, 16> got;
    boost::system::error_code end;
    CHECK(client.read_some(asio::buffer(got), end) == 0);
    CHECK(end == asio::error::eof);
}
