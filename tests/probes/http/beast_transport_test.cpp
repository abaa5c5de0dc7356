#include "config/base/version.hpp"
#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"
#include "tests/probes/run_coroutine.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using outcome = result<http_reply, failure>;

namespace {

/// A transport with its surroundings.
struct net {
    asio::io_context io;
    resolver names{io.get_executor()};
    std::unique_ptr<http_transport> transport = make_beast_transport(io.get_executor(), names);

    std::unique_ptr<http_connection> open(http_peer peer, std::chrono::milliseconds time = 20s) {
        return transport->open(std::move(peer), {.until = std::chrono::steady_clock::now() + time});
    }

    outcome fetch(http_connection& connection, const http_request& request, const probe_limits& limits = {}) {
        return run_coroutine(io, opd::fetch(connection, request, limits));
    }

    outcome get(http_connection& connection, const std::string& target, const probe_limits& limits = {}) {
        http_request request;
        request.target = target;
        return fetch(connection, request, limits);
    }
};

http_peer peer_of(std::uint16_t port, const std::string& host = "127.0.0.1") {
    http_peer peer;
    peer.root.host = host;
    peer.root.port = port;
    return peer;
}

std::string body_of(const outcome& got) { return got ? got->body : "no answer: " + got.error().detail; }

/// Lets the fetch run, and calls it off when `arm` says so.
template <class Arm>
outcome called_off(net& net, http_connection& connection, Arm&& arm) {
    asio::cancellation_signal signal;
    http_request request;
    request.target = "/";
    outcome got;
    const probe_limits limits;
    asio::co_spawn(net.io, fetch(connection, request, limits),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error, outcome told) {
                       CHECK(error == nullptr);
                       got = std::move(told);
                   }));
    arm([&] { asio::post(net.io, [&] { signal.emit(asio::cancellation_type::terminal); }); });
    net.io.restart();
    net.io.run();
    return got;
}

}  // namespace

TEST_CASE("a request has the headers it needs, and the key only where it belongs") {
    struct row {
        credential auth;
        std::string key;
        std::string name;
        std::string value;
    };

    const std::vector<row> rows{
        {credential::bearer, "k-1", "Authorization", "Bearer k-1"},
        {credential::x_api_key, "k-1", "x-api-key", "k-1"},
        {credential::x_goog_api_key, "k-1", "x-goog-api-key", "k-1"},
        {credential::none, "k-1", "", ""},
        {credential::bearer, "", "", ""},
    };
    model_server_sim server;
    for (const row& one : rows) {
        CAPTURE(one.name);
        net net;
        http_peer peer = peer_of(server.port());
        peer.key = secret(one.key);
        const auto connection = net.open(peer);
        http_request request;
        request.target = "/v1/models?limit=1000";
        request.auth = one.auth;
        request.headers = {{"anthropic-version", "2023-06-01"}};
        CHECK(net.fetch(*connection, request).has_value());

        const seen_request seen = server.requests().back();
        CHECK(seen.method == "GET");
        CHECK(seen.target == "/v1/models?limit=1000");
        CHECK(seen.header("Host") == "127.0.0.1:" + std::to_string(server.port()));
        CHECK(seen.header("User-Agent") == "operatord/" + std::string(version()));
        CHECK(seen.header("Accept") == "application/json");
        CHECK(seen.header("Accept-Encoding") == "gzip");
        CHECK(seen.header("anthropic-version") == "2023-06-01");
        for (const std::string name : {"Authorization", "x-api-key", "x-goog-api-key"}) {
            CAPTURE(name);
            CHECK(seen.header(name) == (name == one.name ? std::optional(one.value) : std::nullopt));
        }
    }
}

TEST_CASE("an answer arrives with what probes look at") {
    model_server_sim server;
    auto answer = json_answer(429, "{}");
    answer.headers = {{"content-TYPE", "Application/JSON; charset=utf-8"},
                      {"Content-Encoding", "br"},
                      {"Location", "/elsewhere"},
                      {"RETRY-AFTER", "7"},
                      {"Retry-After-Ms", "6500"},
                      {"X-RateLimit-Reset-Requests", "1s"},
                      {"anthropic-ratelimit-tokens-reset", "2026-07-01T10:00:00Z"},
                      {"anthropic-ratelimit-tokens-limit", "1000"},
                      {"Date", "Wed, 01 Jul 2026 10:00:00 GMT"},
                      {"Set-Cookie", "a=b"}};
    server.answer_everything(answer);
    net net;
    const outcome got = net.get(*net.open(peer_of(server.port())), "/");
    REQUIRE(got.has_value());
    CHECK(got->status == 429);
    CHECK(got->content_type == "Application/JSON; charset=utf-8");
    CHECK(got->content_encoding.empty());  // it is plain, whatever it is called
    CHECK(got->location == "/elsewhere");
    CHECK(got->body == "{}");
    const std::vector<std::pair<std::string, std::string>> wanted{
        {"retry-after", "7"},
        {"retry-after-ms", "6500"},
        {"x-ratelimit-reset-requests", "1s"},
        {"anthropic-ratelimit-tokens-reset", "2026-07-01T10:00:00Z"},
        {"date", "Wed, 01 Jul 2026 10:00:00 GMT"},
    };
    CHECK(got->rate_limit_headers == wanted);
}

TEST_CASE("opening costs no packet, and one connection serves several requests") {
    model_server_sim server;
    server.answer_everything([](const seen_request& request) { return text_answer(200, request.target); });
    net net;
    const auto connection = net.open(peer_of(server.port()));
    CHECK(server.connections() == 0);
    for (const std::string target : {"/1", "/2", "/3"}) CHECK(body_of(net.get(*connection, target)) == target);
    CHECK(server.connections() == 1);
}

TEST_CASE("a connection that the server ends, announced or not, is made anew") {
    model_server_sim server;
    auto closes = text_answer(200, "closes");
    closes.then = script::ending::close;
    server.answer("/announced", closes);
    server.answer("/silently", garbage("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshort"));
    server.answer("/again", text_answer(200, "again"));
    net net;
    const auto connection = net.open(peer_of(server.port()));
    CHECK(body_of(net.get(*connection, "/announced")) == "closes");
    CHECK(body_of(net.get(*connection, "/again")) == "again");
    CHECK(body_of(net.get(*connection, "/silently")) == "short");
    CHECK(server.wait_for_open_connections(0));
    CHECK(body_of(net.get(*connection, "/again")) == "again");
    CHECK(server.connections() == 3);
}

TEST_CASE("a request is sent a second time only where the connection was an old one, and only once") {
    model_server_sim server;
    server.answer("/good", text_answer(200, "good"));
    server.answer("/resets", reset_at_once());
    server.answer("/cut", cut_short(text_answer(200, "0123456789"), 4, script::ending::close));
    net net;
    const auto fresh = net.open(peer_of(server.port()));
    CHECK(net.get(*fresh, "/resets").has_error());
    CHECK(server.requests().size() == 1);

    const auto used = net.open(peer_of(server.port()));
    CHECK(body_of(net.get(*used, "/good")) == "good");
    const outcome got = net.get(*used, "/resets");
    REQUIRE(got.has_error());
    CHECK(got.error().why == failure::reason::unreachable);
    CHECK(got.error().at == stage::header);
    CHECK(server.requests().size() == 4);

    CHECK(body_of(net.get(*used, "/good")) == "good");
    const outcome cut = net.get(*used, "/cut");
    REQUIRE(cut.has_error());
    CHECK(cut.error().at == stage::body);
    CHECK(server.requests().size() == 6);
}

TEST_CASE("a failed exchange leaves the connection usable") {
    model_server_sim server;
    server.answer("/good", text_answer(200, "good"));
    server.answer("/garbage", garbage("SSH-2.0-OpenSSH_9\r\n"));
    net net;
    const auto connection = net.open(peer_of(server.port()));
    const outcome bad = net.get(*connection, "/garbage");
    REQUIRE(bad.has_error());
    CHECK(bad.error().why == failure::reason::not_http);
    CHECK(body_of(net.get(*connection, "/good")) == "good");
}

TEST_CASE("one deadline covers all requests of a connection") {
    model_server_sim server;
    server.answer("/good", text_answer(200, "good"));
    server.answer("/hole", black_hole());
    net net;
    const auto before = std::chrono::steady_clock::now();
    const auto connection = net.open(peer_of(server.port()), 400ms);
    CHECK(body_of(net.get(*connection, "/good")) == "good");
    const outcome got = net.get(*connection, "/hole");
    const auto took = std::chrono::steady_clock::now() - before;
    REQUIRE(got.has_error());
    CHECK(got.error().why == failure::reason::timed_out);
    CHECK(got.error().at == stage::header);
    CHECK(took >= 400ms);
    CHECK(took < 10s);
    const outcome late = net.get(*connection, "/good");
    REQUIRE(late.has_error());
    CHECK(late.error().why == failure::reason::timed_out);
}

TEST_CASE("a fetch that is called off says so, at every stage") {
    const silent_port silent;
    model_server_sim server;
    SUBCASE("connecting") {
        net net;
        const auto connection = net.open(peer_of(silent.port()));
        const outcome got = called_off(net, *connection, [](const auto& cancel) { cancel(); });
        REQUIRE(got.has_error());
        CHECK(got.error().why == failure::reason::cancelled);
        CHECK(got.error().at == stage::connect);
    }
    SUBCASE("waiting for the answer") {
        net net;
        const auto connection = net.open(peer_of(server.port()));
        const outcome got = called_off(net, *connection, [&](auto cancel) {
            server.answer_everything([cancel](const seen_request&) {
                cancel();
                return black_hole();
            });
        });
        REQUIRE(got.has_error());
        CHECK(got.error().why == failure::reason::cancelled);
        // The server may have read the request before the client knows that it is sent.
        CHECK((got.error().at == stage::send || got.error().at == stage::header));
    }
    CHECK(server.wait_for_open_connections(0));
}

TEST_CASE("a body of many megabytes comes whole, and one byte over the limit not at all") {
    model_server_sim server;
    server.answer_everything(text_answer(200, std::string(8 << 20, 'x')));
    net net;
    CHECK(body_of(net.get(*net.open(peer_of(server.port())), "/")).size() == 8 << 20);

    for (const bool chunked : {false, true}) {
        CAPTURE(chunked);
        for (const std::size_t size : {std::size_t{100}, std::size_t{101}}) {
            CAPTURE(size);
            auto answer = text_answer(200, std::string(size, 'x'));
            if (chunked) answer.frame = script::framing::chunked;
            server.answer_everything(answer);
            const outcome got = net.get(*net.open(peer_of(server.port())), "/", {.body_bytes = 100});
            CHECK(got.has_value() == (size == 100));
            if (!got) CHECK(got.error().why == failure::reason::too_large);
        }
    }
}

TEST_CASE("TLS asks for names by name, and for addresses without one") {
    const temp_folder folder;
    const test_authority authority;
    model_server_sim server({.tls = authority.issue({.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}})});
    server.answer_everything(text_answer(200, "secured"));
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        CAPTURE(host);
        net net;
        http_peer peer = peer_of(server.port(), host);
        peer.root.tls = true;
        peer.ca_file = authority.write_certificate(folder.path()).string();
        const auto connection = net.open(peer);
        CHECK(body_of(net.get(*connection, "/")) == "secured");
        CHECK(body_of(net.get(*connection, "/")) == "secured");
        CHECK(server.requests().back().server_name == (host == "localhost" ? "localhost" : ""));
    }
    CHECK(server.connections() == 2);
}

TEST_CASE("of a name's addresses, a key in clear goes to the near ones alone") {
    model_server_sim server;
    server.answer_everything(text_answer(200, "near"));
    asio::io_context io;
    resolver names(io.get_executor(), [](const std::string&) -> result<resolver::addresses, failure> {
        return resolver::addresses{asio::ip::make_address("203.0.113.7"), asio::ip::make_address("127.0.0.1")};
    });
    const auto transport = make_beast_transport(io.get_executor(), names);
    http_peer peer = peer_of(server.port(), "models.lan");
    peer.key = secret("k-1");
    const auto before = std::chrono::steady_clock::now();
    const auto connection = transport->open(peer, {.until = before + 20s});
    http_request request;
    request.target = "/";
    request.auth = credential::bearer;
    CHECK(body_of(run_coroutine(io, fetch(*connection, request, probe_limits()))) == "near");
    // An attempt at the far one would have used up its half of the time.
    CHECK(std::chrono::steady_clock::now() - before < 10s);
}
