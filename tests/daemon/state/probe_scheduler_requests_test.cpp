#include "daemon/state/probe_scheduler.hpp"
#include "tests/daemon/probing.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>

// What clients ask of the scheduler: looks, waits and refreshes.

using namespace opd;
using namespace opd::state;
using namespace opd::test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST_CASE("a lazy server is asked when somebody looks at it, and then left alone") {
    probe_settings settings = hurried_settings();
    settings.timeout = 50ms;
    probing two({with_probe(1, probe_mode::lazy), server_on(2)}, settings);
    two.transport.behave = answering({1, 2});
    two.scheduler.start();
    REQUIRE(two.until([&] { return two.transport.asked(2) > 5; }));
    CHECK(two.transport.asked(1) == 0);
    CHECK(two.state("s1").status == probe_status::pending);

    two.scheduler.look_at(*two.entry("s1"));
    run(two.loop, two.scheduler.wait_for_first_result(two.entry("s1")));
    CHECK(two.state("s1").reachable());
    CHECK_FALSE(two.state("s1").stale);

    // Its list gets old, and stays what it is.
    REQUIRE(two.until([&] { return two.state("s1").stale; }));
    CHECK(two.state("s1").reachable());
    CHECK(two.state("s1").last_good->size() == 1);
    const std::size_t now = two.transport.asked(2);
    REQUIRE(two.until([&] { return two.transport.asked(2) > now + 5; }));
    CHECK(two.transport.asked(1) == 1);

    // The next who looks has it probed anew.
    REQUIRE(two.until([&] {
        two.scheduler.look_at(*two.entry("s1"));
        return two.transport.asked(1) == 2;
    }));
    CHECK(two.until([&] { return !two.state("s1").stale; }));
}

TEST_CASE("who looks at a lazy server while it is being probed starts no second probe") {
    probing one({with_probe(1, probe_mode::lazy)});
    one.scheduler.start();
    for (int i = 0; i != 3; ++i) {
        one.scheduler.look_at(*one.entry("s1"));
        settle(one.loop);
    }
    CHECK(one.transport.asked(1) == 1);
    CHECK(one.scheduler.in_flight() == 1);
}

TEST_CASE("a lazy server that fails is not asked by every look") {
    probing one({with_probe(1, probe_mode::lazy)});
    one.transport.behave = [](const auto&) { return std::optional(refused()); };
    one.scheduler.start();
    for (int i = 0; i != 5; ++i) {
        one.scheduler.look_at(*one.entry("s1"));
        settle(one.loop);
    }
    CHECK(one.transport.asked(1) == 1);
    CHECK(one.state("s1").status == probe_status::refused);
    run(one.loop, one.scheduler.refresh(one.entry("s1")));
    CHECK(one.transport.asked(1) == 2);
}

TEST_CASE("the defaults of an undeclared kind are lazy") {
    probing none({});
    none.scheduler.start();
    settle(none.loop);
    CHECK(none.transport.questions.empty());
    const auto ollama = none.servers.find_by_kind(*find_kind("ollama"));
    none.scheduler.look_at(*ollama);
    settle(none.loop);
    CHECK(none.transport.asked(11434) == 1);
}

TEST_CASE("a server that is never to be probed says so at once, and costs no packet") {
    probing one({with_probe(1, probe_mode::never)});
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.state("s1").status == probe_status::disabled; }));
    const auto checked_at = one.state("s1").checked_at;
    one.scheduler.look_at(*one.entry("s1"));
    run(one.loop, one.scheduler.refresh(one.entry("s1")));
    run(one.loop, one.scheduler.wait_for_first_result(one.entry("s1")));
    settle(one.loop);
    CHECK(one.state("s1").checked_at == checked_at);
    CHECK(one.transport.opened == 0);
    CHECK(one.scheduler.in_flight() == 0);
    REQUIRE(one.log.lines().size() == 2);
    CHECK(one.log.lines().front().starts_with("info s1: pending -> disabled: "));
    CHECK(one.log.lines().back() == "debug s1: probed, disabled, 0.0 ms");
}

TEST_CASE("who asks for a refresh waits for the probe, and shares it with all others who ask") {
    probing one(servers_on(1, 1));
    one.scheduler.start();
    settle(one.loop);
    background first(one.loop, one.scheduler.refresh(one.entry("s1")));
    background second(one.loop, one.scheduler.refresh(one.entry("s1")));
    settle(one.loop);
    CHECK(one.transport.asked(1) == 1);  // the one that is under way anyhow
    CHECK_FALSE(first.ended());
    REQUIRE(one.transport.answer(1, listing({"a"})));
    REQUIRE(one.until([&] { return first.ended() && second.ended(); }));

    background third(one.loop, one.scheduler.refresh(one.entry("s1")));
    background fourth(one.loop, one.scheduler.refresh(one.entry("s1")));
    settle(one.loop);
    CHECK(one.transport.asked(1) == 2);
    REQUIRE(one.transport.answer(1, listing({"a", "b"})));
    REQUIRE(one.until([&] { return third.ended() && fourth.ended(); }));
    CHECK(one.state("s1").last_good->size() == 2);
    CHECK(one.scheduler.in_flight() == 0);
}

TEST_CASE("a refresh needs no free place, and the schedule goes on after it") {
    probe_settings settings = hurried_settings();
    settings.concurrency = 1;
    probing two(servers_on(1, 2), settings);
    two.scheduler.start();
    settle(two.loop);
    REQUIRE(two.transport.questions.size() == 1);  // one of them holds the only place
    const std::uint16_t first = two.transport.questions.front().port;
    const auto other = static_cast<std::uint16_t>(3 - first);
    background asking(two.loop, two.scheduler.refresh(two.entry(fmt::format("s{}", other))));
    settle(two.loop);
    CHECK(two.transport.asked(other) == 1);
    REQUIRE(two.transport.answer(other, listing({"m"})));
    REQUIRE(two.until([&] { return asking.ended(); }));
    two.transport.behave = answering({1, 2});
    REQUIRE(two.transport.answer(first, listing({"m"})));
    CHECK(two.until([&] { return two.transport.asked(1) > 3 && two.transport.asked(2) > 3; }));
}

TEST_CASE("who looks at a server before its first result waits for it, at most the time-out") {
    probe_settings settings = unhurried_settings();
    settings.timeout = 60ms;
    probing one(servers_on(1, 1), settings);
    one.scheduler.start();
    const auto start = steady_clock::now();
    run(one.loop, one.scheduler.wait_for_first_result(one.entry("s1")));
    CHECK(steady_clock::now() - start >= 60ms);
    CHECK(one.state("s1").status == probe_status::timeout);
    const std::size_t before = one.transport.asked(1);
    run(one.loop, one.scheduler.wait_for_first_result(one.entry("s1")));  // it is not pending any more
    CHECK(one.transport.asked(1) == before);
}

TEST_CASE("a server's own time-out is the one that counts") {
    probing one(servers_on(1, 1), unhurried_settings());
    model_server changed = one.state("s1").server;
    changed.timeout = 60ms;
    one.reload({changed});
    one.scheduler.start();
    const auto start = steady_clock::now();
    run(one.loop, one.scheduler.wait_for_first_result(one.entry("s1")));
    CHECK(steady_clock::now() - start >= 60ms);
    CHECK(one.state("s1").status == probe_status::timeout);
    CHECK(steady_clock::now() - start < 10s);
}
