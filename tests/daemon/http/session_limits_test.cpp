#include "daemon/http/session.hpp"
#include "tests/daemon/http/serving.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace opd;
using namespace opd::http;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::string_view slow_request =
    R"({"error":"bad_request","message":"the request did not arrive whole within 0.05 s; send it again"})";

}  // namespace

TEST_CASE("a head or a body that does not come to its end in time is refused") {
    session_limits limits;
    limits.head_time = 50ms;
    limits.body_time = 50ms;
    serving server(limits);
    const std::uint16_t port = server.start_on_tcp();
    for (const char* begun :
         {"G", "GET / HTTP/1.1\r\nHost: h\r\nX: ", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell",
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell"}) {
        CAPTURE(begun);
        auto client = client_on(port);
        CHECK(client.get("/first").status == 200);
        client.send(begun);
        const http_answer refused = client.read_answer();
        CHECK(refused.status == 408);
        CHECK(refused.header("Connection") == "close");
        CHECK(refused.header("X-Frame-Options") == "DENY");
        CHECK(refused.body == slow_request);
        client.finish_sending();
        CHECK(client.read_to_end().empty());
    }
}

TEST_CASE("bytes that keep coming do not move the end of the time for a head") {
    session_limits limits;
    limits.head_time = 50ms;
    lone_session one(limits);
    one.send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
    CHECK(run_until(one.loop, [&] {
        if (one.client.available() == 0) asio::write(one.client, asio::buffer("x", 1));
        return one.client.available() != 0;
    }));
    CHECK(one.take().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("a connection on which nothing is asked ends without a word") {
    session_limits limits;
    limits.idle_time = 50ms;
    serving server(limits);
    const std::uint16_t port = server.start_on_tcp();
    CHECK(client_on(port).read_to_end().empty());
    auto later = client_on(port);
    CHECK(later.get("/").status == 200);
    CHECK(later.read_to_end().empty());
}

TEST_CASE("a client that does not take its answer is cut off") {
    session_limits limits;
    limits.take_time = 50ms;
    lone_session one(limits);
    one.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(one.served->waiting_since().has_value());
    CHECK_FALSE(one.serving->ended());
    CHECK(run_until(one.loop, [&] { return one.serving->ended(); }));
    CHECK_FALSE(one.serving->failed());
}

TEST_CASE("the limits of heads and bodies are the given ones") {
    session_limits limits;
    limits.head_bytes = 1024;
    limits.body_bytes = 2048;
    serving server(limits);
    const std::uint16_t port = server.start_on_tcp();
    CHECK(client_on(port).request("GET", "/", {{"X", std::string(900, 'x')}}).status == 200);
    const http_answer head = client_on(port).request("GET", "/", {{"X", std::string(1024, 'x')}});
    CHECK(head.status == 431);
    CHECK(
        head.body ==
        R"({"error":"headers_too_large","message":"the request's headers are over 1 KiB; send fewer or shorter ones"})");
    CHECK(client_on(port).request("POST", "/", {}, std::string(2048, 'x')).status == 200);
    const http_answer body = client_on(port).request("POST", "/", {}, std::string(2049, 'x'));
    CHECK(body.status == 413);
    CHECK(body.body ==
          R"({"error":"payload_too_large","message":"the request's body is over 2 KiB; send a smaller one"})");
}

TEST_CASE("a head of exactly the largest size is taken, one byte more is not") {
    session_limits limits;
    limits.head_bytes = 64;
    for (const std::size_t size : {64U, 65U}) {
        lone_session one(limits);
        const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
        one.send(begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n");
        CHECK(one.take().starts_with(size == 64 ? "HTTP/1.1 200 " : "HTTP/1.1 431 "));
    }
}

TEST_CASE("while a request is answered no more is read") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto entered = server.handler.entered();
    asio::io_context loop;
    asio::ip::tcp::socket client(loop);
    client.connect({asio::ip::address_v4::loopback(), port});
    asio::write(client, asio::buffer(std::string("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")));
    REQUIRE(happens(entered));
    client.non_blocking(true);
    const std::string more(65536, 'x');
    std::size_t sent = 0;
    constexpr std::size_t far_too_much = std::size_t{256} << 20U;
    for (int refused = 0; refused != 5 && sent < far_too_much;) {
        boost::system::error_code full;
        sent += client.write_some(asio::buffer(more), full);
        refused = full ? refused + 1 : 0;
        if (full) server.catch_up();
    }
    CHECK(sent < far_too_much);  // the rest waits in the client
    server.on_loop([&] { server.handler.release(); });
}

TEST_CASE("a session tells since when it waits for its client") {
    lone_session one;
    settle(one.loop);
    const auto idle = one.served->waiting_since();
    REQUIRE(idle.has_value());
    one.send("GET /x");
    REQUIRE(one.served->waiting_since().has_value());
    CHECK(*one.served->waiting_since() >= *idle);
    one.send("y HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(one.take().ends_with("GET /xy host=h type= body= unix=true"));
    one.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_FALSE(one.served->waiting_since().has_value());
    one.handler.release();
    settle(one.loop);
    CHECK(one.served->waiting_since().has_value());
}

TEST_CASE("a session that is cut off ends at once, whatever it does") {
    for (const char* doing : {"", "GET /x", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nh",
                              "GET /big HTTP/1.1\r\nHost: h\r\n\r\n", "\r\n"}) {
        CAPTURE(doing);
        lone_session one;
        one.send(doing);
        one.served->cut_off();
        settle(one.loop);
        CHECK(one.serving->ended());
        CHECK_FALSE(one.serving->failed());
    }
}

TEST_CASE("a route has limits of its own for the body of a request") {
    session_limits limits;
    limits.body_bytes = 2048;
    serving server(limits);
    const std::uint16_t port = server.start_on_tcp();
    auto chunks = client_on(port);
    chunks.send("POST /large HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" +
                std::string(4096, 'x') + "\r\n0\r\n\r\n");
    CHECK(chunks.read_answer().status == 200);
    const http_answer large = client_on(port).request("POST", "/large", {}, std::string(65537, 'x'));
    CHECK(large.status == 413);
    CHECK(large.body ==
          R"({"error":"payload_too_large","message":"the request's body is over 64 KiB; send a smaller one"})");
    auto client = client_on(port);
    client.send("POST /hasty HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell");
    CHECK(client.read_answer().body == slow_request);
}

TEST_CASE("a request that is refused by its head still has its body read, and the connection goes on") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    CHECK(client.request("POST", "/no", {}, std::string(1000, 'x')).status == 404);
    CHECK(client.get("/after").status == 200);
}

TEST_CASE("the bodies of all requests together have a limit") {
    lone_session one({}, {.most_body_bytes = 4096, .body_bytes = 4000});
    one.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\n" + std::string(97, 'x'));
    const std::string refused = one.take();
    CHECK(refused.starts_with("HTTP/1.1 503 "));
    CHECK(refused.ends_with(
        R"({"error":"unavailable","message":"the bodies of all requests that are under way are over 4 KiB; try again later"})"));
    CHECK(one.totals.body_bytes == 4000);

    for (const char* head : {"Content-Length: 64\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n40\r\n"}) {
        CAPTURE(head);
        lone_session other({}, {.most_body_bytes = 4096, .body_bytes = 4000});
        other.send("POST /x HTTP/1.1\r\nHost: h\r\n" + std::string(head) + std::string(60, 'x'));
        CHECK(other.totals.body_bytes == 4060);
        other.send(std::string(4, 'x') + (std::string_view(head).starts_with("C") ? "" : "\r\n0\r\n\r\n"));
        CHECK(other.take().starts_with("HTTP/1.1 200 "));
        CHECK(other.totals.body_bytes == 4000);
    }
}
