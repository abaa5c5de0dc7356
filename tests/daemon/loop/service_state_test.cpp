#include "daemon/loop/service_state.hpp"

#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/recorded_log.hpp"
#include "tests/support/notify_socket.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::loop;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

/// A service and its manager.
struct scene {
    scene() { ::setenv("NOTIFY_SOCKET", manager.path().c_str(), 1); }

    ~scene() {
        service.stop();
        run(loop, service.join());
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
    }

    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;

    bool hears(std::string_view line) {
        return run_until(loop, [&] { return manager.wait_for(line, 0ms); });
    }

    notify_socket manager;
    recorded_log log;
    boost::asio::io_context loop;
    std::string status = "2 servers, 0 reachable";
    service_state service{loop.get_executor(), [this] { return status; }, log.logger()};
};

}  // namespace

TEST_CASE("nothing is said before the service is ready") {
    scene one;
    one.service.status_changed();
    one.service.reload_begins();
    one.service.settled();
    settle(one.loop);
    CHECK(one.manager.messages().empty());
    one.service.ready();
    CHECK(one.manager.messages() == std::vector<std::string>{"READY=1\nSTATUS=2 servers, 0 reachable"});
}

TEST_CASE("what changes in a moment is told once, and what has not changed never") {
    scene one;
    one.service.ready();
    one.status = "2 servers, 1 reachable";
    one.service.status_changed();
    one.status = "2 servers, 2 reachable";
    one.service.status_changed();
    one.service.status_changed();
    CHECK(one.hears("STATUS=2 servers, 2 reachable"));
    one.service.status_changed();
    one.status = "end";
    // The first of these ends without a word.
    REQUIRE(run_until(one.loop, [&, since = std::chrono::steady_clock::now()] {
        return std::chrono::steady_clock::now() - since > 150ms || one.status != "end";
    }));
    CHECK(one.manager.messages().size() == 3);
    CHECK(one.manager.messages().back() == "STATUS=end");
}

TEST_CASE("a reload is told once, and ends with the state that it has led to") {
    scene one;
    one.service.ready();
    one.manager.clear();
    one.service.reload_begins();
    one.service.reload_begins();
    one.status = "3 servers, 0 reachable";
    one.service.settled();
    const auto& said = one.manager.messages();
    REQUIRE(said.size() == 2);
    CHECK(said[0].starts_with("RELOADING=1\n"));
    CHECK(said[1] == "READY=1\nSTATUS=3 servers, 0 reachable");
    one.service.settled();
    settle(one.loop);
    CHECK(one.manager.messages().size() == 2);
}

TEST_CASE("the watchdog is fed twice in its time, by the event loop alone") {
    scene one;
    ::setenv("WATCHDOG_USEC", "100000", 1);
    one.service.ready();
    REQUIRE(one.hears("WATCHDOG=1"));
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i != 4; ++i) REQUIRE(one.hears("WATCHDOG=1"));
    CHECK(std::chrono::steady_clock::now() - begin >= 4 * 50ms - 10ms);
    // The loop is stuck.
    one.manager.clear();
    CHECK_FALSE(one.manager.wait_for("WATCHDOG=1", 200ms));
    CHECK(one.manager.messages().empty());
}

TEST_CASE("a service that stops says so, and nothing more") {
    scene one;
    one.service.ready();
    one.status = "never told";
    one.service.status_changed();
    one.service.reload_begins();
    one.manager.clear();
    one.service.stopping();
    one.service.settled();
    one.service.stop();
    run(one.loop, one.service.join());
    CHECK(one.manager.messages() == std::vector<std::string>{"STOPPING=1\nSTATUS=stopping"});
}
