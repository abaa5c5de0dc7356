#include "systemd/service.hpp"
#include "tests/support/notify_socket.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <unistd.h>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

/// This process's environment, for as long as the object lives.
class variable {
public:
    variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }

    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

    ~variable() { ::unsetenv(name_); }

private:
    const char* name_;
};

}  // namespace

TEST_CASE("the status is what a user wants to know at a glance, in one line") {
    using systemd::status_text;
    CHECK(status_text(7, 5, "") == "7 servers, 5 reachable");
    CHECK(status_text(1, 0, "") == "1 server, 0 reachable");
    CHECK(status_text(0, 0, "") == "0 servers, 0 reachable");
    CHECK(status_text(3, 3, "/x/operator.toml:3:8: unknown kind \"olama\"") ==
          "3 servers, 3 reachable; the configuration file is broken: /x/operator.toml:3:8: unknown kind \"olama\"");
    CHECK(status_text(3, 3, "a\nREADY=1") == "3 servers, 3 reachable; the configuration file is broken: a READY=1");
}

TEST_CASE("the manager is told in its own words") {
    notify_socket manager;
    const variable where("NOTIFY_SOCKET", manager.path());
    systemd::notify_ready("7 servers, 5 reachable");
    systemd::notify_status("two\nlines");
    systemd::notify_reloading();
    systemd::feed_watchdog();
    systemd::notify_stopping();
    const std::vector<std::string>& said = manager.messages();
    REQUIRE(said.size() == 5);
    CHECK(said[0] == "READY=1\nSTATUS=7 servers, 5 reachable");
    CHECK(said[1] == "STATUS=two lines");
    CHECK(said[2].starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(said[3] == "WATCHDOG=1");
    CHECK(said[4] == "STOPPING=1\nSTATUS=stopping");
}

TEST_CASE("without a manager nothing is said, and no watchdog waits") {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    systemd::notify_ready("nobody hears it");
    CHECK(systemd::watchdog_time() == 0us);
}

TEST_CASE("the watchdog's time is the manager's, if it is meant for this process") {
    const variable time("WATCHDOG_USEC", "30000000");
    CHECK(systemd::watchdog_time() == 30s);
    const variable mine("WATCHDOG_PID", std::to_string(::getpid()));
    CHECK(systemd::watchdog_time() == 30s);
    const variable another("WATCHDOG_PID", "1");
    CHECK(systemd::watchdog_time() == 0us);
}
