#include "tests/daemon/http/serving.hpp"
#include "tests/support/other_user.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <sys/stat.h>

using namespace opd;
using namespace opd::http;
using namespace opd::peers;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* another_user =
    R"({"error":"forbidden","message":"operatord serves only processes of the user who started it, and a process of another user (uid 65534) is asking; that user can run one of their own"})";

constexpr std::string_view a_request = "DELETE /precious HTTP/1.1\r\nHost: localhost\r\n\r\n";

listener_settings seeing(peer who) {
    return {.each = {}, .all = {.reject_time = 200ms}, .look_at = [who](int) { return who; }};
}

long warnings_in(const recorded_log& log) {
    return std::ranges::count_if(log.lines(), [](const std::string& line) { return line.starts_with("warning"); });
}

}  // namespace

TEST_CASE("a process of another user is refused before it has said anything, and the connection ends") {
    serving server(seeing({.uid = 65534}));
    const std::uint16_t port = server.start_on_tcp();
    auto client = client_on(port);
    const http_answer told = client.read_answer();
    CHECK(told.status == 403);
    CHECK(told.body == another_user);
    CHECK(told.header("Connection") == "close");
    CHECK(told.header("Cache-Control") == "no-store");
    CHECK(told.header("X-Content-Type-Options") == "nosniff");
    CHECK(client.read_to_end().empty());
}

TEST_CASE("who is refused gets the whole answer, whatever it sends, and takes no place") {
    serving server(seeing({.uid = 65534}));
    const std::uint16_t port = server.start_on_tcp();
    auto big = client_on(port);
    CHECK(big.request("POST", "/", {}, std::string(1 << 20, 'x')).body == another_user);
    for (int i = 0; i != 40; ++i) CHECK(client_on(port).get("/").status == 403);
    CHECK(server.log.contains(
        "warning refused a connection: operatord serves only processes of the user who started it, and a process of "
        "another user (uid 65534) is asking; that user can run one of their own"));
    CHECK(warnings_in(server.log) == 1);
}

TEST_CASE("a client that does not go after its refusal is not waited for") {
    serving server(seeing({.uid = 65534}));
    const std::uint16_t port = server.start_on_tcp();
    auto stays = client_on(port);
    CHECK(stays.read_answer().status == 403);
    CHECK(happens(server.shut_down()));
}

TEST_CASE("others who are refused and stay do not keep the user out") {
    int seen = 0;
    serving server({.each = {}, .all = {.total = 4, .being_rejected = 2}, .look_at = [&seen](int) {
                        return peer{.uid = seen++ < 20 ? 65534 : ::geteuid()};
                    }});
    const std::uint16_t port = server.start_on_tcp();
    std::vector<http_client> refused;
    for (int i = 0; i != 20; ++i) {
        refused.push_back(client_on(port));
        CHECK(refused.back().read_answer().status == 403);
    }
    CHECK(client_on(port).get("/").status == 200);
}

TEST_CASE("a client whose user cannot be told is refused") {
    serving server(seeing({}));
    const std::uint16_t port = server.start_on_tcp();
    const http_answer told = client_on(port).get("/");
    CHECK(told.status == 403);
    CHECK(
        told.body ==
        R"({"error":"forbidden","message":"operatord serves only processes of the user who started it, and it cannot be told whose process is asking; ask as that user"})");
}

TEST_CASE("a client on another machine needs the token, and is refused before its body is read") {
    serving server(seeing({.from_elsewhere = true}));
    const std::uint16_t port = server.start_on_tcp();
    auto client = client_on(port);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    const http_answer told = client.read_answer();
    CHECK(told.status == 401);
    CHECK(told.header("WWW-Authenticate") == "Bearer");
    CHECK(told.header("Connection") == "close");
    auto with_token = client_on(port);
    CHECK(with_token.request("GET", "/", {{"Authorization", "yes"}}).status == 200);
    CHECK(with_token.request("GET", "/", {{"Authorization", "yes"}}).status == 200);
    CHECK(with_token.get("/").status == 401);
}

TEST_CASE("a real process of another user is refused over TCP, and one of the same user is not") {
    if (!can_be_another_user()) {
        MESSAGE("only root can be another user");
        return;
    }
    serving server;
    const auto v6 = server.listening().listen({boost::asio::ip::address_v6::loopback(), 0});
    REQUIRE(v6.has_value());
    const std::uint16_t port = server.start_on_tcp();
    CHECK(client_on(port).get("/").status == 200);
    for (const auto& told :
         {ask_as_nobody("127.0.0.1", port, a_request), ask_as_nobody("::1", v6->port(), a_request)}) {
        CHECK(told.connect_error == 0);
        CHECK(told.received.starts_with("HTTP/1.1 403 Forbidden\r\n"));
        CHECK(told.received.ends_with(another_user));
    }
    for (const afterwards then : {afterwards::closes, afterwards::resets_it})
        ask_as_nobody("127.0.0.1", port, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n", then);
    CHECK(client_on(port).get("/").status == 200);
    CHECK(server.handler.entered().wait_for(0s) == std::future_status::timeout);
}

TEST_CASE("a real process of another user is refused on a unix socket that lets it connect") {
    if (!can_be_another_user()) {
        MESSAGE("only root can be another user");
        return;
    }
    const temp_folder folder;
    const std::filesystem::path path = folder.path() / "s";
    serving server;
    REQUIRE(server.listening().listen(path.string()).has_value());
    server.start();
    CHECK(ask_as_nobody(path, a_request).connect_error == EACCES);
    REQUIRE(::chmod(folder.path().c_str(), 0711) == 0);
    CHECK(ask_as_nobody(path, a_request).connect_error == EACCES);
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    const auto told = ask_as_nobody(path, a_request);
    CHECK(told.connect_error == 0);
    CHECK(told.received.ends_with(another_user));
    CHECK(http_client::over_unix_socket(path).get("/").status == 200);
}
