#include "daemon/state/probe_scheduler.hpp"

#include "tests/daemon/probing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::state;
using namespace opd::test;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// The time between one question to this server and the next.
milliseconds pause(const held_transport& transport, std::uint16_t port, std::size_t nth) {
    std::vector<steady_clock::time_point> times;
    for (const auto& one : transport.questions)
        if (one.port == port) times.push_back(one.asked_at);
    return std::chrono::duration_cast<milliseconds>(times.at(nth + 1) - times.at(nth));
}

/// The log without its durations.
std::vector<std::string> lines_of(const recorded_log& log) {
    static const std::regex duration(R"(\d+ ms)");
    std::vector<std::string> lines;
    for (const std::string& line : log.lines())
        if (!line.starts_with("debug ")) lines.push_back(std::regex_replace(line, duration, "N ms"));
    return lines;
}

}  // namespace

TEST_CASE("at the start all servers are asked at once") {
    probing all(servers_on(1, 20));
    CHECK(all.transport.questions.empty());
    all.scheduler.start();
    settle(all.loop);
    CHECK(all.transport.held() == 20);
    CHECK(all.scheduler.in_flight() == 20);
    CHECK(all.state("s1").status == probe_status::pending);
}

TEST_CASE("the first result decides at once, and nobody waits for anybody else") {
    probing some(servers_on(1, 3));
    some.scheduler.start();
    settle(some.loop);
    REQUIRE(some.transport.answer(2, listing({"a", "b"})));
    REQUIRE(some.until([&] { return some.state("s2").reachable(); }));
    CHECK(some.state("s2").last_good->size() == 2);
    CHECK(some.state("s2").latency.has_value());
    REQUIRE(some.transport.answer(3, refused()));
    REQUIRE(some.until([&] { return some.state("s3").status == probe_status::refused; }));
    CHECK(some.state("s1").status == probe_status::pending);
    CHECK(some.scheduler.in_flight() == 1);
    CHECK(some.servers.reachable() == 1);
}

TEST_CASE("no more probes run at once than the configuration says") {
    probe_settings settings = unhurried_settings();
    settings.concurrency = 3;
    probing many(servers_on(1, 10), settings);
    many.scheduler.start();
    for (std::size_t answered = 0; answered != 10; ++answered) {
        settle(many.loop);
        CHECK(many.transport.held() == std::min<std::size_t>(3, 10 - answered));
        REQUIRE(many.transport.answer(many.transport.questions.at(answered).port, listing({"m"})));
    }
    REQUIRE(many.until([&] { return many.servers.reachable() == 10; }));
    CHECK(many.transport.questions.size() == 10);
    CHECK(many.transport.most_held == 3);
}

TEST_CASE("servers that fail leave a place for the good ones") {
    for (const unsigned concurrency : {2U, 3U, 4U, 8U}) {
        CAPTURE(concurrency);
        probe_settings settings = hurried_settings();
        settings.concurrency = concurrency;
        std::vector<model_server> servers = servers_on(1, 10);
        servers.push_back(server_on(99));
        probing mixed(servers, settings);
        held_transport& transport = mixed.transport;
        // The first question is refused, the second one never answered.
        transport.behave = [&](const held_transport::question& asked) -> std::optional<fetched> {
            if (asked.port == 99) return listing({"m"});
            if (transport.asked(asked.port) == 1) return refused();
            return std::nullopt;
        };
        mixed.scheduler.start();
        const unsigned places = concurrency - std::max(1U, concurrency / 4);
        REQUIRE(mixed.until([&] { return transport.held() == places; }));
        const std::size_t before = transport.asked(99);
        CHECK(mixed.until([&] { return transport.asked(99) == before + 20; }));
        CHECK(transport.most_held == places);
    }
}

TEST_CASE("with a single place the servers take turns") {
    probe_settings settings = hurried_settings();
    settings.concurrency = 1;
    probing turns(servers_on(1, 3), settings);
    turns.transport.behave = [](const auto& asked) { return asked.port == 1 ? refused() : listing({"m"}); };
    turns.scheduler.start();
    CHECK(turns.until(
        [&] { return turns.transport.asked(1) > 2 && turns.transport.asked(2) > 2 && turns.transport.asked(3) > 2; }));
}

TEST_CASE("a server that answers slowly is never asked twice at once") {
    probing two(servers_on(1, 2), hurried_settings());
    two.transport.behave = answering({2});
    two.scheduler.start();
    REQUIRE(two.until([&] { return two.transport.asked(2) >= 20; }));
    CHECK(two.transport.asked(1) == 1);
    background asking(two.loop, two.scheduler.refresh(two.entry("s1")));
    two.scheduler.look_at(*two.entry("s1"));
    settle(two.loop);
    CHECK(two.transport.asked(1) == 1);
    REQUIRE(two.transport.answer(1, listing({"m"})));
    CHECK(two.until([&] { return asking.ended() && two.transport.asked(1) == 2; }));
}

TEST_CASE("each server has its own interval, and the cloud's is another one") {
    model_server cloud = server_on(2, "cloud");
    cloud.base_url = "https://models.example:2/v1";
    model_server rare = server_on(3, "rare");
    rare.interval = 1h;
    model_server frequent = server_on(4, "frequent");
    frequent.base_url = "https://models.example:4/v1";
    frequent.interval = 10ms;
    probing four({server_on(1), cloud, rare, frequent}, hurried_settings());
    four.transport.behave = answering({1, 2, 3, 4});
    four.scheduler.start();
    CHECK(four.until([&] { return four.transport.asked(1) > 10 && four.transport.asked(4) > 10; }));
    CHECK(four.transport.asked(2) == 1);
    CHECK(four.transport.asked(3) == 1);
    for (std::size_t i = 0; i != 10; ++i)
        CHECK(pause(four.transport, 1, i) >= 9ms);  // a tenth less than the interval at most
}

TEST_CASE("a client is told when the next probe is planned") {
    probing three({server_on(1), with_probe(2, probe_mode::lazy), with_probe(3, probe_mode::never)});
    three.transport.behave = answering({1, 2});
    CHECK_FALSE(three.state("s1").next_probe_at);
    three.scheduler.start();
    three.scheduler.look_at(*three.entry("s2"));
    REQUIRE(three.until([&] { return three.servers.reachable() == 2; }));
    REQUIRE(three.state("s1").next_probe_at);
    const auto planned = [&] { return *three.state("s1").next_probe_at - std::chrono::system_clock::now(); };
    CHECK(planned() > 50min);
    CHECK(planned() < 70min);
    CHECK_FALSE(three.state("s2").next_probe_at);
    CHECK_FALSE(three.state("s3").next_probe_at);
    SUBCASE("a shorter interval counts from now on") {
        probe_settings settings = unhurried_settings();
        settings.interval = 10min;
        three.reload({server_on(1), with_probe(2, probe_mode::lazy), with_probe(3, probe_mode::never)}, settings);
        CHECK(planned() < 12min);
    }
    SUBCASE("a longer one from the next probe on") {
        probe_settings settings = unhurried_settings();
        settings.interval = 5h;
        three.reload({server_on(1), with_probe(2, probe_mode::lazy), with_probe(3, probe_mode::never)}, settings);
        CHECK(planned() < 70min);
    }
}

TEST_CASE("failure backs off, recovery is noticed, and each transition is logged once") {
    probing one(servers_on(1, 1), hurried_settings());
    bool well = false;
    one.transport.behave = [&](const auto&) { return well ? listing({"a", "b"}) : refused(); };
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.transport.asked(1) == 6; }));
    const std::vector<milliseconds> at_least{9ms, 18ms, 36ms, 36ms, 36ms};
    for (std::size_t i = 0; i != at_least.size(); ++i) {
        CAPTURE(i);
        CHECK(pause(one.transport, 1, i) >= at_least[i]);
    }
    const std::string error = one.state("s1").error;
    well = true;
    REQUIRE(one.until([&] { return one.state("s1").reachable(); }));
    const std::size_t before = one.transport.asked(1);
    REQUIRE(one.until([&] { return one.transport.asked(1) == before + 5; }));
    well = false;
    REQUIRE(one.until([&] { return !one.state("s1").reachable(); }));
    CHECK(one.state("s1").stale);
    CHECK(lines_of(one.log) == std::vector<std::string>{"warning s1: pending -> refused: " + error,
                                                        "info s1: refused -> ok, 2 models in N ms",
                                                        "warning s1: ok -> refused: " + error});
}

TEST_CASE("a server that says when to come back is not asked earlier") {
    probing two(servers_on(1, 2), hurried_settings());
    two.transport.behave = [&](const held_transport::question& asked) -> std::optional<fetched> {
        if (asked.port == 2 || two.transport.asked(1) > 1) return listing({"m"});
        fetched busy = error_answer(429);
        busy->rate_limit_headers.emplace_back("retry-after-ms", "150");
        return busy;
    };
    two.scheduler.start();
    REQUIRE(two.until([&] { return two.state("s1").status == probe_status::rate_limited; }));
    REQUIRE(two.until([&] { return two.state("s1").reachable(); }));
    CHECK(pause(two.transport, 1, 0) >= 150ms);
    CHECK(two.transport.asked(2) > 2);  // nobody else was made to wait
}

TEST_CASE("without its key a builtin is key_missing and costs no packet") {
    model_server builtin = undeclared_server(*find_kind("openai-api"));
    builtin.interval = 10ms;
    probing one({builtin});
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.state("openai-api").status == probe_status::key_missing; }));
    CHECK(one.transport.opened == 0);
    CHECK(lines_of(one.log).size() == 1);
    run(one.loop, one.scheduler.refresh(one.entry("openai-api")));
    CHECK(one.transport.opened == 0);
    CHECK(one.state("openai-api").status == probe_status::key_missing);

    one.keys["OPENAI_API_KEY"] = "sk-test";
    background asking(one.loop, one.scheduler.refresh(one.entry("openai-api")));
    settle(one.loop);
    REQUIRE(one.transport.asked(443) == 1);
    CHECK(one.transport.questions.front().key == "sk-test");
    REQUIRE(one.transport.answer(443, listing({"gpt-5"})));
    REQUIRE(one.until([&] { return asking.ended(); }));
    CHECK(one.state("openai-api").last_good->size() == 1);
    for (const std::string& line : one.log.lines()) CHECK(line.find("sk-test") == std::string::npos);
}

TEST_CASE("a server without its key is left alone until somebody asks") {
    model_server keyless = server_on(1);
    keyless.api_key_env = "OPERATOR_TEST_KEY";
    probing two({keyless, server_on(2)}, hurried_settings());
    two.transport.behave = answering({2});
    two.scheduler.start();
    REQUIRE(two.until([&] { return two.state("s1").status == probe_status::key_missing; }));
    const auto checked_at = two.state("s1").checked_at;
    REQUIRE(two.until([&] { return two.transport.asked(2) > 10; }));
    CHECK(two.state("s1").checked_at == checked_at);
    CHECK(two.transport.asked(1) == 0);
}

TEST_CASE("the route that answered is tried first the next time") {
    model_server server = server_on(1);
    server.base_url = "http://127.0.0.1:1";
    probing one({server}, hurried_settings());
    one.transport.behave = [](const held_transport::question& asked) -> std::optional<fetched> {
        return asked.target == "/models" ? listing({"m"}) : error_answer(404);
    };
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.transport.asked(1) == 4; }));
    std::vector<std::string> targets;
    for (const auto& asked : one.transport.questions) targets.push_back(asked.target);
    CHECK(targets == std::vector<std::string>{"/v1/models", "/models", "/models", "/models"});
}

TEST_CASE("an exception in a probe becomes a status, and the server is probed again") {
    probing two(servers_on(1, 2), hurried_settings());
    bool broken = true;
    two.transport.on_open = [&](const http_peer& peer) {
        if (broken && peer.root.port == 1) throw std::runtime_error("out of order");
    };
    two.transport.behave = answering({1, 2});
    two.scheduler.start();
    REQUIRE(two.until([&] { return two.state("s1").status == probe_status::bad_response; }));
    CHECK(two.state("s1").error == "operatord failed while it read the answer");
    CHECK(two.state("s1").hint == "this is a bug of operatord; its log has the details");
    CHECK(two.log.contains("error a probe ended in an exception, please report it: out of order"));
    CHECK(two.until([&] { return two.state("s2").reachable(); }));
    broken = false;
    CHECK(two.until([&] { return two.state("s1").reachable(); }));
}

TEST_CASE("stopping ends probes that hang, wakes who waits for them, and starts nothing more") {
    probing three({server_on(1), server_on(2), with_probe(3, probe_mode::lazy)}, hurried_settings());
    three.transport.behave = answering({2});
    three.scheduler.start();
    REQUIRE(three.until([&] { return three.transport.asked(2) > 2; }));
    background refreshing(three.loop, three.scheduler.refresh(three.entry("s1")));
    background waiting(three.loop, three.scheduler.wait_for_first_result(three.entry("s1")));
    settle(three.loop);
    CHECK_FALSE(refreshing.ended());

    const auto start = steady_clock::now();
    three.scheduler.stop();
    run(three.loop, three.scheduler.join());
    REQUIRE(three.until([&] { return refreshing.ended() && waiting.ended(); }));
    CHECK(steady_clock::now() - start < 10s);  // and not only at the time-out of 20 s
    CHECK_FALSE(refreshing.failed());
    CHECK(three.transport.held() == 0);
    CHECK(three.state("s1").status == probe_status::pending);  // being stopped is no verdict about the server

    const std::size_t before = three.transport.questions.size();
    three.scheduler.look_at(*three.entry("s3"));
    run(three.loop, three.scheduler.refresh(three.entry("s2")));
    run(three.loop, three.scheduler.wait_for_first_result(three.entry("s1")));
    settle(three.loop);
    CHECK(three.transport.questions.size() == before);
    for (const std::string& line : three.log.lines()) CHECK_FALSE(line.starts_with("error "));
}
