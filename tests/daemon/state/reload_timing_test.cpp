#include "tests/daemon/probing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

// When servers are probed after a reload: those that stay keep their time, unless their settings have changed.

using namespace opd;
using namespace opd::state;
using namespace opd::test;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// The shortest time between one question to this server and the next, from the nth on.
milliseconds shortest_pause(const held_transport& transport, std::uint16_t port, std::size_t nth = 0) {
    std::vector<steady_clock::time_point> times;
    for (const auto& one : transport.questions)
        if (one.port == port) times.push_back(one.asked_at);
    milliseconds least = milliseconds::max();
    for (std::size_t i = nth + 1; i < times.size(); ++i)
        least = std::min(least, std::chrono::duration_cast<milliseconds>(times[i] - times[i - 1]));
    return least;
}

}  // namespace

TEST_CASE("reloading all the time neither hurries nor delays the servers that stay") {
    const std::vector<model_server> one = servers_on(1, 1);
    const std::vector<model_server> two = servers_on(1, 2);
    probing some(one, hurried_settings());
    some.transport.behave = answering({1, 2});
    some.scheduler.start();
    std::size_t reloads = 0;
    REQUIRE(some.until([&] {
        some.reload(++reloads % 2 == 0 ? one : two);
        return some.transport.asked(1) == 10;
    }));
    CHECK(reloads > 20);
    CHECK(shortest_pause(some.transport, 1) >= 9ms);
}

TEST_CASE("a reload does not make a server that fails forget how often it has failed") {
    probing some(servers_on(1, 1), hurried_settings());
    some.transport.behave = [](const held_transport::question& asked) {
        return std::optional(asked.port == 1 ? refused() : listing({"m"}));
    };
    some.scheduler.start();
    REQUIRE(some.until([&] { return some.transport.asked(1) == 4; }));
    some.reload({server_on(2), server_on(1)});
    REQUIRE(some.until([&] { return some.transport.asked(1) == 7; }));
    CHECK(shortest_pause(some.transport, 1, 3) >= 36ms);  // four intervals, less a tenth
    CHECK(some.state("s2").reachable());
}

TEST_CASE("a shorter interval counts from now on, be it the server's own or everybody's") {
    for (const bool own : {true, false}) {
        CAPTURE(own);
        probing two(servers_on(1, 2));
        two.transport.behave = answering({1, 2});
        two.scheduler.start();
        REQUIRE(two.until([&] { return two.servers.reachable() == 2; }));
        model_server first = server_on(1);
        model_server second = server_on(2);
        probe_settings settings = unhurried_settings();
        if (own) {
            first.interval = 10ms;
        } else {
            settings.interval = 10ms;
            second.interval = 1h;
        }
        two.reload({first, second}, settings);
        CHECK(two.until([&] { return two.transport.asked(1) == 5; }));
        CHECK(shortest_pause(two.transport, 1) >= 9ms);
        CHECK(two.transport.asked(2) == 1);
    }
}

TEST_CASE("a shorter interval asks nobody who is being asked, who has no key, or who is lazy") {
    model_server keyless = server_on(2);
    keyless.api_key_env = "OPERATOR_TEST_KEY";
    model_server clock = server_on(4);
    clock.interval = 10ms;
    const std::vector<model_server> servers{server_on(1), keyless, with_probe(3, probe_mode::lazy), clock};
    probing some(servers);
    some.transport.behave = answering({2, 3, 4});
    some.scheduler.start();
    settle(some.loop);
    const auto checked_at = some.state("s2").checked_at;
    some.reload(servers, hurried_settings());
    const std::size_t now = some.transport.asked(4);
    REQUIRE(some.until([&] { return some.transport.asked(4) > now + 5; }));
    CHECK(some.transport.asked(1) == 1);
    CHECK(some.scheduler.in_flight() == 1);
    CHECK(some.state("s2").checked_at == checked_at);
    CHECK(some.transport.asked(3) == 0);
    REQUIRE(some.transport.answer(1, listing({"m"})));
    CHECK(some.until([&] { return some.transport.asked(1) == 2; }));
}

TEST_CASE("a shorter interval of the cloud is not one of this machine") {
    model_server cloud = server_on(2, "cloud");
    cloud.base_url = "https://models.example:2/v1";
    probing two({server_on(1), cloud});
    two.transport.behave = answering({1, 2});
    two.scheduler.start();
    REQUIRE(two.until([&] { return two.servers.reachable() == 2; }));
    probe_settings settings = unhurried_settings();
    settings.cloud_interval = 10ms;
    two.reload({server_on(1), cloud}, settings);
    CHECK(two.until([&] { return two.transport.asked(2) == 5; }));
    CHECK(two.transport.asked(1) == 1);
}

TEST_CASE("a shorter interval leaves a server that fails its back-off") {
    probe_settings settings = hurried_settings();
    settings.interval = 15ms;
    probing one(servers_on(1, 1), settings);
    one.transport.behave = [](const auto&) { return std::optional(refused()); };
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.transport.asked(1) == 4; }));
    one.reload(servers_on(1, 1), hurried_settings());
    REQUIRE(one.until([&] { return one.transport.asked(1) == 7; }));
    CHECK(shortest_pause(one.transport, 1, 3) >= 36ms);
}

TEST_CASE("a longer interval counts after the next probe") {
    probe_settings slow = hurried_settings();
    slow.interval = 1h;
    model_server clock = server_on(2);
    clock.interval = 10ms;
    probing two({server_on(1), clock}, hurried_settings());
    two.transport.behave = answering({1, 2});
    two.scheduler.start();
    REQUIRE(two.until([&] { return two.state("s1").reachable(); }));
    const std::size_t before = two.transport.asked(1);
    two.reload({server_on(1), clock}, slow);
    REQUIRE(two.until([&] { return two.transport.asked(1) == before + 1; }));
    const std::size_t now = two.transport.asked(2);
    REQUIRE(two.until([&] { return two.transport.asked(2) > now + 5; }));
    CHECK(two.transport.asked(1) == before + 1);
    // And a short one again ends the long one that has begun.
    two.reload({server_on(1), clock}, hurried_settings());
    CHECK(two.until([&] { return two.transport.asked(1) > before + 3; }));
}

TEST_CASE("the list of a lazy server gets old by its new interval") {
    model_server lazy = with_probe(1, probe_mode::lazy);
    probing one({lazy});
    one.transport.behave = answering({1});
    one.scheduler.start();
    one.scheduler.look_at(*one.entry("s1"));
    REQUIRE(one.until([&] { return one.state("s1").reachable(); }));
    CHECK_FALSE(one.state("s1").stale);
    lazy.interval = 10ms;
    one.reload({lazy});
    CHECK(one.until([&] { return one.state("s1").stale; }));
    CHECK(one.transport.asked(1) == 1);
}

TEST_CASE("more probes at once start at once, fewer as soon as enough have ended") {
    probe_settings settings = unhurried_settings();
    settings.concurrency = 2;
    probing many(servers_on(1, 10), settings);
    many.scheduler.start();
    settle(many.loop);
    CHECK(many.transport.held() == 2);
    settings.concurrency = 6;
    many.reload(servers_on(1, 10), settings);
    settle(many.loop);
    CHECK(many.transport.held() == 6);
    settings.concurrency = 1;
    many.reload(servers_on(1, 10), settings);
    for (std::uint16_t port = 1; port <= 9; ++port) {
        REQUIRE(many.transport.answer(port, listing({"m"})));
        settle(many.loop);
        CHECK(many.transport.held() == (port < 5 ? 6U - port : 1U));
    }
    CHECK(many.transport.most_held == 6);
}

TEST_CASE("another time-out holds for the next probe") {
    probing one(servers_on(1, 1));
    probe_settings settings = unhurried_settings();
    settings.timeout = 50ms;
    one.scheduler.start();
    settle(one.loop);
    one.reload({server_on(2, "s1")}, settings);
    CHECK(one.until([&] { return one.state("s1").status == probe_status::timeout; }));
    CHECK(one.transport.held() == 1);  // the one of before has 20 s
}
