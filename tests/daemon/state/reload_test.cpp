#include "tests/daemon/probing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// The scheduler after the registry has taken over another set of servers.

using namespace opd;
using namespace opd::state;
using namespace opd::test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// The same name at another place.
model_server moved(std::string name, std::uint16_t port) { return server_on(port, std::move(name)); }

std::size_t lines_about(const recorded_log& log, std::string_view what) {
    return static_cast<std::size_t>(std::ranges::count_if(
        log.lines(), [&](const std::string& line) { return line.find(what) != std::string::npos; }));
}

}  // namespace

TEST_CASE("a new server is probed at once, and what is known of the others stays") {
    probing some(servers_on(1, 3));
    some.transport.behave = [](const held_transport::question& asked) -> std::optional<fetched> {
        return asked.port == 3 ? refused() : listing({"a", "b"});
    };
    some.scheduler.start();
    REQUIRE(some.until([&] { return some.servers.reachable() == 2 && some.state("s3").checked_at; }));
    const auto entry = some.entry("s1");
    const auto checked_at = entry->state.checked_at;
    const model_list models = entry->state.last_good;

    CHECK(some.reload(servers_on(1, 4)) == registry_change{.added = 1});
    settle(some.loop);
    CHECK(some.state("s4").reachable());
    CHECK(some.entry("s1") == entry);
    CHECK(entry->state.last_good == models);
    CHECK(entry->state.checked_at == checked_at);
    CHECK(some.transport.questions.size() == 4);  // nobody was asked a second time
    CHECK(some.servers.reachable() == 3);
}

TEST_CASE("a route that was found is still tried first after a reload") {
    model_server server = server_on(1);
    server.base_url = "http://127.0.0.1:1";
    probing one({server});
    one.transport.behave = [](const held_transport::question& asked) -> std::optional<fetched> {
        return asked.target == "/models" ? listing({"m"}) : error_answer(404);
    };
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.state("s1").reachable(); }));
    one.reload({server_on(2), server});
    run(one.loop, one.scheduler.refresh(one.entry("s1")));
    CHECK(one.transport.asked(1) == 3);
    CHECK(one.transport.questions.back().target == "/models");
}

TEST_CASE("a server at another URL is probed at once, and the late answer of the old one is dropped") {
    probing one(servers_on(1, 1));
    one.scheduler.start();
    settle(one.loop);
    REQUIRE(one.transport.held() == 1);
    const auto old = one.entry("s1");
    CHECK(one.reload({moved("s1", 2)}) == registry_change{.changed = 1});
    settle(one.loop);
    CHECK(one.transport.asked(2) == 1);
    CHECK(one.scheduler.in_flight() == 2);

    REQUIRE(one.transport.answer(1, listing({"old"})));
    settle(one.loop);
    CHECK(one.scheduler.in_flight() == 1);
    CHECK(one.state("s1").status == probe_status::pending);
    CHECK(old->state.status == probe_status::pending);
    CHECK(one.servers.reachable() == 0);
    CHECK(one.log.lines().empty());

    REQUIRE(one.transport.answer(2, listing({"new", "newer"})));
    settle(one.loop);
    CHECK(one.state("s1").last_good->size() == 2);
    CHECK(one.servers.reachable() == 1);
    CHECK(one.scheduler.in_flight() == 0);
    CHECK(one.log.transitions().size() == 1);
    CHECK(one.transport.questions.size() == 2);
}

TEST_CASE("the late answer of a server that has a newer one by now changes nothing") {
    probing one(servers_on(1, 1), hurried_settings());
    one.scheduler.start();
    settle(one.loop);
    one.reload({moved("s1", 2)});
    settle(one.loop);
    REQUIRE(one.transport.answer(2, listing({"new"})));
    REQUIRE(one.until([&] { return one.transport.asked(2) == 2; }));
    REQUIRE(one.transport.answer(1, refused()));
    settle(one.loop);
    CHECK(one.state("s1").reachable());
    CHECK(one.scheduler.in_flight() == 1);
    CHECK(one.transport.asked(1) == 1);
    REQUIRE(one.transport.answer(2, listing({"new"})));
    CHECK(one.until([&] { return one.transport.asked(2) == 3; }));
}

TEST_CASE("another display name costs no probe") {
    probing one(servers_on(1, 1));
    one.transport.behave = answering({1});
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.state("s1").reachable(); }));
    const auto entry = one.entry("s1");
    model_server shown = server_on(1);
    shown.display_name = "Shown";
    CHECK(one.reload({shown}) == registry_change{.changed = 1});
    settle(one.loop);
    CHECK(one.entry("s1") == entry);
    CHECK(entry->state.reachable());
    CHECK(entry->state.server.display_name == "Shown");
    CHECK(one.transport.questions.size() == 1);
}

TEST_CASE("a display name that changes while the server is probed is kept by the answer") {
    probing one(servers_on(1, 1));
    one.scheduler.start();
    settle(one.loop);
    model_server shown = server_on(1);
    shown.display_name = "Shown";
    one.reload({shown});
    REQUIRE(one.transport.answer(1, listing({"m"})));
    settle(one.loop);
    CHECK(one.state("s1").reachable());
    CHECK(one.state("s1").server.display_name == "Shown");
    CHECK(one.transport.questions.size() == 1);
}

TEST_CASE("a removed server is not probed again, neither by the clock nor by who still holds it") {
    model_server lazy = with_probe(3, probe_mode::lazy);
    probing some({server_on(1), server_on(2), lazy}, hurried_settings());
    some.transport.behave = answering({1, 2, 3});
    some.scheduler.start();
    REQUIRE(some.until([&] { return some.transport.asked(2) > 2; }));
    const auto removed = some.entry("s2");
    const auto removed_lazy = some.entry("s3");
    CHECK(some.reload({server_on(1)}) == registry_change{.removed = 2});
    const std::size_t before = some.transport.asked(2);
    const std::size_t clock = some.transport.asked(1);
    some.scheduler.look_at(*removed_lazy);
    run(some.loop, some.scheduler.refresh(removed));
    run(some.loop, some.scheduler.wait_for_first_result(removed_lazy));
    REQUIRE(some.until([&] { return some.transport.asked(1) > clock + 5; }));
    CHECK(some.transport.asked(2) == before);
    CHECK(some.transport.asked(3) == 0);
    CHECK(removed_lazy->state.status == probe_status::pending);
}

TEST_CASE("who waits for a server that is removed waits no longer") {
    probing two(servers_on(1, 2));
    two.scheduler.start();
    settle(two.loop);
    const auto start = steady_clock::now();
    background refreshing(two.loop, two.scheduler.refresh(two.entry("s1")));
    background waiting(two.loop, two.scheduler.wait_for_first_result(two.entry("s1")));
    background elsewhere(two.loop, two.scheduler.refresh(two.entry("s2")));
    settle(two.loop);
    two.reload({server_on(2)});
    settle(two.loop);
    CHECK(refreshing.ended());
    CHECK(waiting.ended());
    CHECK_FALSE(refreshing.failed());
    CHECK_FALSE(waiting.failed());
    CHECK_FALSE(elsewhere.ended());
    CHECK(steady_clock::now() - start < 10s);  // and not only at the time-out of 20 s
    REQUIRE(two.transport.answer(2, listing({"m"})));
    CHECK(two.until([&] { return elsewhere.ended(); }));
}

TEST_CASE("a server that is removed and declared again begins anew") {
    probing one(servers_on(1, 1));
    one.scheduler.start();
    settle(one.loop);
    const auto old = one.entry("s1");
    one.reload({});
    one.reload(servers_on(1, 1));
    CHECK(one.entry("s1") != old);
    settle(one.loop);
    CHECK(one.transport.asked(1) == 2);
    // The oldest question is answered first: it is the dropped one.
    REQUIRE(one.transport.answer(1, listing({"old"})));
    settle(one.loop);
    CHECK(one.state("s1").status == probe_status::pending);
    REQUIRE(one.transport.answer(1, listing({"m"})));
    settle(one.loop);
    CHECK(one.state("s1").reachable());
    CHECK(one.scheduler.in_flight() == 0);
}

TEST_CASE("servers that are due at the same time are probed in the order of the new list") {
    probe_settings settings = unhurried_settings();
    settings.concurrency = 1;
    probing some(servers_on(1, 4), settings);
    some.scheduler.start();
    settle(some.loop);
    REQUIRE(some.transport.asked(1) == 1);
    CHECK(some.reload({server_on(4), server_on(3), server_on(2), server_on(1)}) == registry_change{});
    const std::vector<std::uint16_t> order{1, 4, 3, 2};
    for (const std::uint16_t port : order) {
        REQUIRE(some.transport.answer(port, listing({"m"})));
        settle(some.loop);
    }
    std::vector<std::uint16_t> ports;
    for (const auto& asked : some.transport.questions) ports.push_back(asked.port);
    CHECK(ports == order);
}

TEST_CASE("a declared server takes over from the defaults of its kind, and they come back after it") {
    model_server ollama = server_on(1, "mine");
    ollama.kind = find_kind("ollama");
    probing some({});
    some.scheduler.start();
    const auto defaults = some.servers.find_by_kind(*ollama.kind);
    some.scheduler.look_at(*defaults);
    settle(some.loop);
    REQUIRE(some.transport.asked(11434) == 1);

    some.reload({ollama});
    settle(some.loop);
    CHECK(some.transport.asked(1) == 1);
    CHECK(some.servers.find_by_kind(*ollama.kind) == some.entry("mine"));
    REQUIRE(some.transport.answer(11434, refused()));
    settle(some.loop);
    CHECK(defaults->state.status == probe_status::pending);
    CHECK(some.state("mine").status == probe_status::pending);

    some.reload({});
    settle(some.loop);
    CHECK(some.transport.asked(11434) == 1);  // the defaults are lazy
    some.scheduler.look_at(*some.servers.find_by_kind(*ollama.kind));
    settle(some.loop);
    CHECK(some.transport.asked(11434) == 2);
}

TEST_CASE("builtins stay what they are when declared servers change") {
    const model_server builtin = undeclared_server(*find_kind("openai-api"));
    probing some({server_on(1), builtin});
    some.keys["OPENAI_API_KEY"] = "sk-test";
    some.transport.behave = answering({1, 2, 443});
    some.scheduler.start();
    REQUIRE(some.until([&] { return some.state("openai-api").reachable(); }));
    const auto entry = some.entry("openai-api");
    CHECK(some.reload({server_on(2), builtin}) == registry_change{.added = 1, .removed = 1});
    settle(some.loop);
    CHECK(some.entry("openai-api") == entry);
    CHECK(entry->state.reachable());
    CHECK(some.transport.asked(443) == 1);
}

TEST_CASE("another mode holds at once") {
    probing one(servers_on(1, 1), hurried_settings());
    one.transport.behave = answering({1, 2});
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.state("s1").reachable(); }));
    one.reload({with_probe(1, probe_mode::never), server_on(2)});
    settle(one.loop);
    CHECK(one.state("s1").status == probe_status::disabled);
    CHECK(one.servers.reachable() == 1);
    one.reload({with_probe(1, probe_mode::lazy), server_on(2)});
    const std::size_t before = one.transport.asked(1);
    const std::size_t clock = one.transport.asked(2);
    REQUIRE(one.until([&] { return one.transport.asked(2) > clock + 5; }));
    CHECK(one.state("s1").status == probe_status::pending);
    CHECK(one.transport.asked(1) == before);
    one.reload(servers_on(1, 2));
    CHECK(one.until([&] { return one.transport.asked(1) > before + 2; }));
}

TEST_CASE("the place of a removed server is free when its probe has ended") {
    probe_settings settings = hurried_settings();
    settings.concurrency = 2;  // one of them for servers that fail
    probing some(servers_on(1, 1), settings);
    // Refused once, and then held.
    some.transport.behave = [&](const held_transport::question& asked) -> std::optional<fetched> {
        return some.transport.asked(asked.port) == 1 ? std::optional(refused()) : std::nullopt;
    };
    some.scheduler.start();
    REQUIRE(some.until([&] { return some.transport.held() == 1; }));
    some.reload(servers_on(2, 3));
    REQUIRE(some.until([&] { return some.transport.questions.size() == 4; }));
    CHECK(some.scheduler.in_flight() == 1);
    REQUIRE(some.transport.answer(1, listing({"m"})));
    REQUIRE(some.until([&] { return some.transport.questions.size() == 5; }));
    const std::uint16_t asked = some.transport.questions.back().port;
    CHECK(asked != 1);
    CHECK(some.transport.held() == 1);
    CHECK(some.scheduler.in_flight() == 1);
    REQUIRE(some.transport.answer(asked, listing({"m"})));
    CHECK(some.until([&] { return some.transport.questions.size() >= 7; }));
    CHECK(some.transport.asked(1) == 2);
}

TEST_CASE("before the start a reload asks nobody, and the start uses the new settings") {
    probing some(servers_on(1, 3));
    probe_settings settings = unhurried_settings();
    settings.concurrency = 2;
    some.reload(servers_on(2, 5), settings);
    some.scheduler.look_at(*some.entry("s2"));
    run(some.loop, some.scheduler.refresh(some.entry("s2")));
    settle(some.loop);
    CHECK(some.transport.questions.empty());
    some.scheduler.start();
    settle(some.loop);
    CHECK(some.transport.held() == 2);
    CHECK(some.transport.asked(1) == 0);
}

TEST_CASE("after the stop a reload asks nobody") {
    probing some(servers_on(1, 3));
    some.scheduler.start();
    settle(some.loop);
    some.scheduler.stop();
    some.reload(servers_on(2, 5), hurried_settings());
    run(some.loop, some.scheduler.refresh(some.entry("s4")));
    run(some.loop, some.scheduler.wait_for_first_result(some.entry("s5")));
    run(some.loop, some.scheduler.join());
    settle(some.loop);
    CHECK(some.transport.questions.size() == 3);
    CHECK(some.transport.held() == 0);
}

TEST_CASE("an answer that comes between the new registry and the scheduler's turn is dropped, too") {
    probing one(servers_on(1, 1));
    one.scheduler.start();
    settle(one.loop);
    const auto old = one.entry("s1");
    one.servers.replace(servers_on(2, 2));
    REQUIRE(one.transport.answer(1, listing({"m"})));
    settle(one.loop);
    CHECK(one.servers.reachable() == 0);
    CHECK(old->state.status == probe_status::pending);
    CHECK(one.scheduler.in_flight() == 0);
    CHECK(one.log.lines().empty());
    one.scheduler.follow_registry(unhurried_settings());
    settle(one.loop);
    CHECK(one.transport.asked(2) == 1);
}

TEST_CASE("a removed server whose probe ends in an exception leaves nothing behind") {
    probing one(servers_on(1, 1));
    one.transport.behave = [&](const held_transport::question& asked) -> std::optional<fetched> {
        if (asked.port == 1) {
            one.servers.replace(servers_on(2, 2));
            throw std::runtime_error("out of order");
        }
        return listing({"m"});
    };
    one.scheduler.start();
    settle(one.loop);
    CHECK(one.scheduler.in_flight() == 0);
    CHECK(lines_about(one.log, "out of order") == 1);
    CHECK(lines_about(one.log, "s1") == 0);
    one.scheduler.follow_registry(unhurried_settings());
    settle(one.loop);
    CHECK(one.state("s2").reachable());
}
