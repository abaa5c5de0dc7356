// Answers that come in parts, and connections that outlive a conversation.
#include "probes/http/idle_pool.hpp"
#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"
#include "tests/probes/run_coroutine.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

http_patience patience_of(std::chrono::milliseconds kept_idle = 0ms) {
    return {.until = std::chrono::steady_clock::now() + 20s, .kept_idle = kept_idle};
}

/// A transport with its surroundings.
struct net {
    asio::io_context io;
    resolver names{io.get_executor()};
    std::unique_ptr<http_transport> transport = make_beast_transport(io.get_executor(), names);

    result<http_head, failure> ask(http_connection& connection, const http_request& request) {
        return run_coroutine(io, connection.open_answer(request));
    }

    result<std::string, failure> part(http_connection& connection, std::size_t most = 1024) {
        std::string text(most, '\0');
        const auto read = run_coroutine(io, connection.read_some(text));
        if (!read) return read.error();
        text.resize(*read);
        return text;
    }

    /// What is left of the answer.
    std::string rest(http_connection& connection) {
        std::string all;
        for (;;) {
            const auto next = part(connection);
            REQUIRE(next.has_value());
            if (next->empty()) return all;
            all += *next;
        }
    }

    /// A whole answer in a conversation of its own.
    std::string get(http_peer peer, const http_patience& patience, const std::string& target = "/") {
        const auto connection = transport->open(std::move(peer), patience);
        const auto head = ask(*connection, {.target = target});
        REQUIRE(head.has_value());
        return rest(*connection);
    }
};

http_peer peer_of(const model_server_sim& server) {
    http_peer peer;
    peer.root.host = "127.0.0.1";
    peer.root.port = server.port();
    return peer;
}

script in_pieces(std::string body, std::chrono::milliseconds pause) {
    script answer = text_answer(200, std::move(body));
    answer.frame = script::framing::chunked;
    answer.body_piece = 3;
    answer.pause = pause;
    return answer;
}

void check_timed_out(const failure& got, stage at) {
    CHECK(got.why == failure::reason::timed_out);
    CHECK(got.at == at);
}

}  // namespace

TEST_CASE("any method, any header and a body go out as they were meant") {
    model_server_sim server;
    server.answer_everything([](const seen_request& request) { return text_answer(201, request.body); });
    net net;
    const auto connection = net.transport->open(peer_of(server), patience_of());
    const std::string body(200'000, 'b');
    const http_request request{.target = "/v1/messages?beta=true",
                               .headers = {{"content-type", "application/json"}, {"Accept", "text/event-stream"}},
                               .method = "POST",
                               .body = body};
    const auto head = net.ask(*connection, request);
    REQUIRE(head.has_value());
    CHECK(head->status == 201);
    CHECK(head->header("content-length") == "200000");
    CHECK(head->header("x-none") == "");
    CHECK(net.rest(*connection) == body);
    CHECK(net.part(*connection)->empty());
    const seen_request seen = server.requests().back();
    CHECK(seen.method == "POST");
    CHECK(seen.target == "/v1/messages?beta=true");
    CHECK(seen.header("Accept") == "text/event-stream");
    CHECK(seen.header("Content-Type") == "application/json");
    CHECK(seen.header("Content-Length") == "200000");

    const auto deleted = net.ask(*connection, {.target = "/x", .method = "DELETE"});
    REQUIRE(deleted.has_value());
    CHECK(net.rest(*connection).empty());
    CHECK(server.requests().back().method == "DELETE");
    CHECK(server.connections() == 1);
}

TEST_CASE("the head comes first, and then the body as it comes") {
    model_server_sim server;
    server.answer("/events", in_pieces("onetwothree", 20ms));
    net net;
    const auto connection = net.transport->open(peer_of(server), patience_of());
    const auto head = net.ask(*connection, {.target = "/events"});
    REQUIRE(head.has_value());
    CHECK(head->header("transfer-encoding") == "chunked");
    CHECK(*net.part(*connection, 2) == "on");
    CHECK(*net.part(*connection) == "e");
    std::string all;
    std::size_t parts = 0;
    for (auto next = net.part(*connection); !next->empty(); next = net.part(*connection), ++parts) all += *next;
    CHECK(all == "twothree");
    CHECK(parts >= 2);
}

TEST_CASE("an answer without a body ends at once") {
    model_server_sim server;
    server.answer_everything(script{.status = 204});
    net net;
    const auto connection = net.transport->open(peer_of(server), patience_of());
    REQUIRE(net.ask(*connection, {.target = "/"}).has_value());
    CHECK(net.rest(*connection).empty());
}

TEST_CASE("each phase has its own patience, and silence begins anew with each part") {
    const silent_port silent;
    model_server_sim server;
    server.answer("/hole", black_hole());
    server.answer("/stops", cut_short(text_answer(200, "0123456789"), 4, script::ending::hang));
    server.answer("/slow", in_pieces("onetwothreefourfivesix", 100ms));
    net net;
    http_patience patience = patience_of();
    SUBCASE("connecting") {
        patience.connect = 100ms;
        http_peer peer = peer_of(server);
        peer.root.port = silent.port();
        const auto connection = net.transport->open(peer, patience);
        check_timed_out(net.ask(*connection, {.target = "/"}).error(), stage::connect);
    }
    SUBCASE("the head") {
        patience.head = 100ms;
        const auto connection = net.transport->open(peer_of(server), patience);
        check_timed_out(net.ask(*connection, {.target = "/hole"}).error(), stage::header);
    }
    SUBCASE("silence in the body") {
        patience.silence = 100ms;
        const auto connection = net.transport->open(peer_of(server), patience);
        REQUIRE(net.ask(*connection, {.target = "/stops"}).has_value());
        CHECK(*net.part(*connection) == "0123");
        check_timed_out(net.part(*connection).error(), stage::body);
        CHECK(server.wait_for_open_connections(0));
    }
    SUBCASE("parts that keep coming") {
        patience.head = 5s;
        patience.silence = 5s;
        const auto connection = net.transport->open(peer_of(server), patience);
        REQUIRE(net.ask(*connection, {.target = "/slow"}).has_value());
        CHECK(net.rest(*connection) == "onetwothreefourfivesix");
    }
    SUBCASE("everything") {
        patience.until = std::chrono::steady_clock::now() + 150ms;
        const auto connection = net.transport->open(peer_of(server), patience);
        REQUIRE(net.ask(*connection, {.target = "/stops"}).has_value());
        CHECK(*net.part(*connection) == "0123");
        check_timed_out(net.part(*connection).error(), stage::body);
    }
}

TEST_CASE("who leaves in the middle of a body closes the connection at once") {
    model_server_sim server;
    server.answer("/endless", endless_body());
    server.answer("/good", text_answer(200, "good"));
    net net;
    auto connection = net.transport->open(peer_of(server), patience_of(10s));
    REQUIRE(net.ask(*connection, {.target = "/endless"}).has_value());
    CHECK_FALSE(net.part(*connection)->empty());
    SUBCASE("by going away") {
        connection.reset();
        CHECK(server.wait_for_open_connections(0));
    }
    SUBCASE("by asking for something else") {
        REQUIRE(net.ask(*connection, {.target = "/good"}).has_value());
        CHECK(net.rest(*connection) == "good");
        CHECK(server.connections() == 2);
        CHECK(server.wait_for_open_connections(1));
    }
    SUBCASE("by being called off") {
        server.answer("/stops", cut_short(text_answer(200, "0123456789"), 4, script::ending::hang));
        REQUIRE(net.ask(*connection, {.target = "/stops"}).has_value());
        CHECK(*net.part(*connection) == "0123");
        asio::cancellation_signal signal;
        std::array<char, 16> space{};
        std::optional<result<std::size_t, failure>> got;
        asio::co_spawn(net.io, connection->read_some(space),
                       asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error, auto told) {
                           CHECK(error == nullptr);
                           got = told;
                       }));
        asio::post(net.io, [&] { signal.emit(asio::cancellation_type::terminal); });
        net.io.restart();
        net.io.run();
        REQUIRE(got.has_value());
        REQUIRE(got->has_error());
        CHECK(got->error().why == failure::reason::cancelled);
        CHECK(server.wait_for_open_connections(0));
    }
}

TEST_CASE("a connection that is kept serves the next conversation with the same server and the same rules alone") {
    model_server_sim server;
    server.answer_everything(text_answer(200, "here"));
    net net;
    const http_patience patience = patience_of(10s);
    CHECK(net.get(peer_of(server), patience) == "here");
    CHECK(net.get(peer_of(server), patience) == "here");
    CHECK(server.connections() == 1);

    SUBCASE("not one with a key, which may go to near addresses alone") {
        http_peer keyed = peer_of(server);
        keyed.key = secret("k-1");
        CHECK(net.get(keyed, patience) == "here");
        CHECK(server.connections() == 2);
        CHECK(net.get(keyed, patience) == "here");
        CHECK(server.connections() == 2);
    }
    SUBCASE("not one that keeps its connections to itself, which end with it") {
        CHECK(net.get(peer_of(server), patience_of()) == "here");
        CHECK(server.connections() == 2);
        CHECK(server.wait_for_open_connections(1));
    }
    SUBCASE("not one by another name") {
        http_peer other = peer_of(server);
        other.root.host = "localhost";
        CHECK(net.get(other, patience) == "here");
        CHECK(server.connections() == 2);
    }
}

TEST_CASE("over TLS a kept connection serves those alone who trust the same") {
    const temp_folder folder;
    const test_authority authority;
    model_server_sim server({.tls = authority.issue({.ip_addresses = {"127.0.0.1"}})});
    server.answer_everything(text_answer(200, "secured"));
    net net;
    http_peer peer = peer_of(server);
    peer.root.tls = true;
    peer.ca_file = authority.write_certificate(folder.path()).string();
    const http_patience patience = patience_of(10s);
    CHECK(net.get(peer, patience) == "secured");
    CHECK(net.get(peer, patience) == "secured");
    CHECK(server.connections() == 1);
    peer.ca_file = folder.write("other.pem", authority.certificate_pem()).string();
    CHECK(net.get(peer, patience) == "secured");
    CHECK(server.connections() == 2);
}

TEST_CASE("an idle connection ends when its time is over") {
    model_server_sim server;
    server.answer_everything(text_answer(200, "here"));
    net net;
    CHECK(net.get(peer_of(server), patience_of(50ms)) == "here");
    net.io.restart();
    net.io.run();  // returns when nothing is left to wait for
    CHECK(server.wait_for_open_connections(0));
}

TEST_CASE("what may cost something is not sent a second time") {
    model_server_sim server;
    server.answer("/good", text_answer(200, "good"));
    server.answer("/resets", reset_at_once());
    net net;
    const auto connection = net.transport->open(peer_of(server), patience_of());
    REQUIRE(net.ask(*connection, {.target = "/good"}).has_value());
    CHECK(net.rest(*connection) == "good");
    const auto got = net.ask(*connection, {.target = "/resets", .method = "POST", .body = "{}"});
    REQUIRE(got.has_error());
    CHECK(got.error().why == failure::reason::unreachable);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("of too many idle connections the longest idle one ends") {
    asio::io_context io;
    idle_pool<int, std::string> pool(io.get_executor(), 2);
    const auto later = std::chrono::steady_clock::now() + 1h;
    for (const int key : {1, 2, 2}) pool.put(key, std::make_unique<std::string>(std::to_string(pool.size())), later);
    CHECK(pool.size() == 2);
    CHECK(pool.take(1) == nullptr);
    CHECK(*pool.take(2) == "2");
    CHECK(*pool.take(2) == "1");
    CHECK(pool.take(2) == nullptr);
    io.run();  // returns: nothing is waited for
}
