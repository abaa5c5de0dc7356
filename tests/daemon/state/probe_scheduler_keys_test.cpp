#include "daemon/state/probe_scheduler.hpp"
#include "tests/daemon/probing.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

// What becomes of servers when another key is found under a name.

using namespace opd;
using namespace opd::test;

namespace {

const std::vector<std::string> lab_key{"LAB_KEY"};

model_server with_key(std::uint16_t port, std::string name, probe_mode mode = probe_mode::automatic) {
    model_server server = with_probe(port, mode);
    server.api_key_env = std::move(name);
    return server;
}

/// Takes `right` and refuses every other key.
auto only(std::string right) {
    return [right = std::move(right)](const held_transport::question& asked) {
        return std::optional(asked.key == right ? listing({"m"}) : error_answer(401));
    };
}

}  // namespace

TEST_CASE("a server whose key arrives is probed at once, and others are left alone") {
    probing three({with_key(1, "LAB_KEY"), with_key(2, "OTHER_KEY"), server_on(3)});
    three.transport.behave = only("right");
    three.scheduler.start();
    REQUIRE(three.until([&] { return three.state("s3").status != probe_status::pending; }));
    CHECK(three.state("s1").status == probe_status::key_missing);
    CHECK(three.transport.asked(1) == 0);

    three.keys["LAB_KEY"] = "right";
    three.scheduler.follow_keys(lab_key);
    REQUIRE(three.until([&] { return three.state("s1").reachable(); }));
    CHECK(three.transport.asked(1) == 1);
    CHECK(three.transport.asked(2) == 0);
    CHECK(three.transport.asked(3) == 1);
}

TEST_CASE("a key that goes is missing at once; one that was refused does not delay the next") {
    probing one({with_key(1, "LAB_KEY")});
    one.transport.behave = only("right");
    one.keys["LAB_KEY"] = "wrong";
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.state("s1").status == probe_status::auth_failed; }));
    one.keys["LAB_KEY"] = "right";
    one.scheduler.follow_keys(lab_key);
    REQUIRE(one.until([&] { return one.state("s1").reachable(); }));
    one.keys.clear();
    one.scheduler.follow_keys(lab_key);
    REQUIRE(one.until([&] { return one.state("s1").status == probe_status::key_missing; }));
    CHECK(one.transport.asked(1) == 2);
}

TEST_CASE("a probe that began with the old key is followed by one with the new key, and a refresh waits for that") {
    probing one({with_key(1, "LAB_KEY")});
    one.keys["LAB_KEY"] = "old";
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.transport.held() == 1; }));
    one.keys["LAB_KEY"] = "new";
    one.scheduler.follow_keys(lab_key);
    background asking(one.loop, one.scheduler.refresh(one.entry("s1")));
    settle(one.loop);
    CHECK(one.transport.asked(1) == 1);  // never two at once
    REQUIRE(one.transport.answer(1, error_answer(401)));
    REQUIRE(one.until([&] { return one.transport.held() == 1 && one.transport.asked(1) == 2; }));
    CHECK_FALSE(asking.ended());
    CHECK(one.transport.questions.back().key == "new");
    REQUIRE(one.transport.answer(1, listing({"m"})));
    REQUIRE(one.until([&] { return asking.ended(); }));
    CHECK(one.state("s1").reachable());
    CHECK(one.transport.asked(1) == 2);
}

TEST_CASE("a lazy server is probed for its key only if somebody has asked for it before") {
    probing two({with_key(1, "LAB_KEY", probe_mode::lazy), with_key(2, "LAB_KEY", probe_mode::lazy)});
    two.transport.behave = only("right");
    two.scheduler.start();
    two.scheduler.look_at(*two.entry("s1"));
    REQUIRE(two.until([&] { return two.state("s1").status == probe_status::key_missing; }));
    two.keys["LAB_KEY"] = "right";
    two.scheduler.follow_keys(lab_key);
    REQUIRE(two.until([&] { return two.state("s1").reachable(); }));
    settle(two.loop);
    CHECK(two.state("s2").status == probe_status::pending);
    CHECK(two.transport.asked(2) == 0);
}

TEST_CASE("a server that is never probed, and a scheduler that has not begun or has ended, do not mind keys") {
    probing one({with_key(1, "LAB_KEY", probe_mode::never), with_key(2, "LAB_KEY")});
    one.keys["LAB_KEY"] = "right";
    one.scheduler.follow_keys(lab_key);
    settle(one.loop);
    CHECK(one.transport.opened == 0);
    one.transport.behave = only("right");
    one.scheduler.start();
    REQUIRE(one.until([&] { return one.state("s2").reachable(); }));
    const auto checked_at = one.state("s1").checked_at;
    one.scheduler.follow_keys(lab_key);
    REQUIRE(one.until([&] { return one.transport.asked(2) == 2 && one.scheduler.in_flight() == 0; }));
    CHECK(one.state("s1").checked_at == checked_at);
    one.scheduler.stop();
    one.scheduler.follow_keys(lab_key);
    settle(one.loop);
    CHECK(one.transport.asked(2) == 2);
}
