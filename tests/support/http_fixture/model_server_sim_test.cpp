#include "tests/support/http_fixture/model_server_sim.hpp"

#include "tests/support/http_client.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace opd::test;
using namespace std::chrono_literals;

namespace {

http_client client_of(const model_server_sim& server) { return http_client::over_tcp("127.0.0.1", server.port()); }

std::string everything_after_get(const model_server_sim& server, std::string_view target) {
    auto client = client_of(server);
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n\r\n");
    return client.read_to_end();
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// How the server ends a connection after a request: 0 with FIN, else errno.
int end_of_connection(const model_server_sim& server, std::string_view request) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(server.port());
    REQUIRE(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    char byte = 0;
    // A reset may come before the request is out.
    const bool failed =
        ::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) < 0 || ::recv(descriptor, &byte, 1, 0) < 0;
    const int error = failed ? errno : 0;
    CHECK(byte == 0);
    ::close(descriptor);
    return error;
}

/// 0: connected, else errno; ETIMEDOUT if nothing happened for 200 ms.
int try_to_connect(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto address = loopback(port);
    int error = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        pollfd waiter{.fd = descriptor, .events = POLLOUT, .revents = 0};
        socklen_t size = sizeof error;
        if (::poll(&waiter, 1, 200) == 0)
            error = ETIMEDOUT;
        else
            ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    ::close(descriptor);
    return error;
}

}  // namespace

TEST_CASE("the simulated server answers on one connection and remembers what it was asked") {
    model_server_sim server;
    server.answer("/a", json_answer(200, "{}", {{"X-Test", "1"}}));
    auto client = client_of(server);

    const auto first = client.request("POST", "/a?x=1%202&y=", {{"X-Mine", "yes"}}, "body");
    CHECK(first.status == 200);
    CHECK(first.header("x-test") == "1");
    CHECK(first.header("Content-Type") == "application/json");
    CHECK(first.body == "{}");
    const auto head = client.request("HEAD", "/a");
    CHECK(head.header("content-length") == "2");
    CHECK(head.body.empty());
    CHECK(client.get("/b").status == 404);

    const auto seen = server.requests();
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].method == "POST");
    CHECK(seen[0].target == "/a?x=1%202&y=");
    CHECK(seen[0].path() == "/a");
    CHECK(seen[0].query("x") == "1 2");
    CHECK(seen[0].query("y") == "");
    CHECK_FALSE(seen[0].query("z").has_value());
    CHECK(seen[0].header("x-mine") == "yes");
    CHECK(seen[0].body == "body");
    CHECK(seen[2].connection == 1);
    CHECK(server.connections() == 1);
}

TEST_CASE("pipelined requests are answered in order") {
    model_server_sim server;
    server.answer_everything([](const seen_request& request) { return text_answer(200, request.target); });
    auto client = client_of(server);
    client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nConnection: close\r\n\r\n");
    CHECK(client.read_answer().body == "/1");
    CHECK(client.read_answer().body == "/2");
    const auto last = client.read_answer();
    CHECK(last.body == "/3");
    CHECK(last.header("Connection") == "close");
    CHECK(client.read_to_end().empty());
}

TEST_CASE("a script decides about every byte") {
    model_server_sim server;
    auto chunked = json_answer(200, "[1,2]");
    chunked.frame = script::framing::chunked;
    chunked.body_piece = 2;
    chunked.then = script::ending::close;
    server.answer("/chunked", chunked);
    auto until_close = text_answer(200, "all of it");
    until_close.frame = script::framing::until_close;
    server.answer("/until-close", until_close);
    server.answer("/cut", cut_short(text_answer(200, "0123456789"), 4, script::ending::close));
    server.answer("/garbage", garbage("SSH-2.0-OpenSSH_9\r\n"));
    server.answer("/nothing", close_at_once());
    server.answer("/slow", slow_header(slow_body(text_answer(200, "slow"), 1ms), 1ms));

    CHECK(everything_after_get(server, "/chunked") ==
          "HTTP/1.1 200 Simulated\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
          "Connection: close\r\n\r\n2\r\n[1\r\n2\r\n,2\r\n1\r\n]\r\n0\r\n\r\n");
    CHECK(client_of(server).get("/chunked").body == "[1,2]");
    CHECK(client_of(server).get("/until-close").body == "all of it");
    CHECK(everything_after_get(server, "/cut") ==
          "HTTP/1.1 200 Simulated\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 10\r\n"
          "Connection: close\r\n\r\n0123");
    CHECK(everything_after_get(server, "/garbage") == "SSH-2.0-OpenSSH_9\r\n");
    CHECK(everything_after_get(server, "/nothing").empty());
    CHECK(client_of(server).get("/slow").body == "slow");
}

TEST_CASE("what never ends goes on until the client leaves") {
    model_server_sim server;
    server.answer("/header", endless_header());
    server.answer("/body", endless_body());
    server.answer("/hole", black_hole());
    auto late = text_answer(200, "late");
    late.delay = 1h;
    server.answer("/late", late);
    std::size_t asked = 0;
    for (const std::string target : {"/header", "/body", "/hole", "/late"}) {
        CAPTURE(target);
        {
            auto client = client_of(server);
            client.send("GET " + target + " HTTP/1.1\r\n\r\n");
            CHECK(server.wait_for_requests(++asked));
            CHECK(server.open_connections() == 1);
        }
        CHECK(server.wait_for_open_connections(0));
    }
    CHECK(server.connections() == 4);
    CHECK(server.peak_connections() == 1);
}

TEST_CASE("closing and resetting are two things") {
    model_server_sim server;
    server.answer("/close", close_at_once());
    server.answer("/reset", reset_at_once());
    CHECK(end_of_connection(server, "GET /close HTTP/1.1\r\n\r\n") == 0);
    CHECK(end_of_connection(server, "GET /reset HTTP/1.1\r\n\r\n") == ECONNRESET);
    server.greet_with(greeting::reset);
    CHECK(end_of_connection(server, "GET /close HTTP/1.1\r\n\r\n") == ECONNRESET);
}

TEST_CASE("a black hole takes the request and keeps the connection") {
    model_server_sim server;
    server.answer_everything(black_hole());
    auto client = client_of(server);
    client.be_patient_for(50ms);
    CHECK_THROWS_AS(client.get("/"), std::runtime_error);
    CHECK(server.requests().size() == 1);
    CHECK(server.open_connections() == 1);
}

TEST_CASE("connections are met as the test wants") {
    model_server_sim server;
    server.greet_with(greeting::close);
    CHECK(client_of(server).read_to_end().empty());
    server.greet_with(greeting::hang);
    {
        auto client = client_of(server);
        client.send("anything");
        client.be_patient_for(50ms);
        CHECK_THROWS_AS(client.read_to_end(), std::runtime_error);
    }
    CHECK(server.wait_for_open_connections(0));
    CHECK(server.requests().empty());
    CHECK_FALSE(server.wait_for_requests(1, 1ms));
}

TEST_CASE("a behaviour that throws is an answer, too") {
    model_server_sim server;
    server.answer("/", [](const seen_request&) -> script { throw std::runtime_error("no idea"); });
    const auto answer = client_of(server).get("/");
    CHECK(answer.status == 500);
    CHECK(answer.body == "the behaviour for / threw: no idea");
}

TEST_CASE("a server can live below a path") {
    model_server_sim server;
    server.answer_everything(
        mounted_at("/openai", [](const seen_request& request) { return text_answer(200, request.target); }));
    auto client = client_of(server);
    CHECK(client.get("/openai/v1/models?x=1").body == "/v1/models?x=1");
    CHECK(client.get("/openai").body == "/");
    CHECK(client.get("/openaiv1").status == 404);
    CHECK(client.get("/v1/models").status == 404);
}

TEST_CASE("a server listens on the other family, too") {
    model_server_sim server({.address = "::1"});
    CHECK(server.base_url() == "http://[::1]:" + std::to_string(server.port()));
    CHECK(http_client::over_tcp("::1", server.port()).get("/").status == 404);
}

TEST_CASE("dead ends are dead") {
    const refusing_port refusing;
    CHECK(try_to_connect(refusing.port()) == ECONNREFUSED);
    const silent_port silent;
    CHECK(try_to_connect(silent.port()) == ETIMEDOUT);
    const model_server_sim alive;
    CHECK(try_to_connect(alive.port()) == 0);
}
