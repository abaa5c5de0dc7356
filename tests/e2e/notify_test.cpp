// What the service manager hears (sd_notify(3)).

#include "tests/e2e/rest.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/notify_socket.hpp"
#include "tests/support/simulated_servers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <string>

using namespace opd::test;
using namespace std::chrono_literals;

namespace {

std::string server(std::string_view name, std::string_view base_url = "http://127.0.0.1:1") {
    return fmt::format("[[model_servers]]\nname = \"{}\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n", name,
                       base_url);
}

/// A daemon and its manager. It has the three vendors' servers besides those in the text.
struct managed {
    explicit managed(std::string_view text, process::environment extra = {})
        : daemon(text, with_manager(std::move(extra))) {}

    process::environment with_manager(process::environment extra) const {
        extra["NOTIFY_SOCKET"] = manager.path();
        return extra;
    }

    bool said(std::string_view start) {
        return std::ranges::any_of(manager.messages(), [&](const auto& one) { return one.starts_with(start); });
    }

    notify_socket manager;
    running_daemon daemon;
};

}  // namespace

TEST_CASE("ready is said when the API answers") {
    const temp_folder home;
    notify_socket manager;
    const process daemon({program_path("operatord"), "--listen", "none", "--socket", home.path() / "s"},
                         {{"HOME", home.path()}, {"NOTIFY_SOCKET", manager.path()}});
    REQUIRE(manager.wait_for("READY=1"));
    CHECK(http_client::over_unix_socket(home.path() / "s").get("/api/v1/health").status == 200);
    CHECK(manager.messages().front() == "READY=1\nSTATUS=3 servers, 0 reachable");
}

TEST_CASE("the status follows the truth") {
    model_server_sim sim;
    std::atomic<bool> well = true;
    const auto list = simulated_openai_compat({.models = 2});
    sim.answer_everything([&](const seen_request& asked) { return well ? list(asked) : script{.status = 500}; });
    managed one("[probes]\ninterval = \"50ms\"\n" + server("a", sim.base_url()) + server("b"));
    CHECK(one.manager.wait_for("STATUS=5 servers, 1 reachable"));
    well = false;
    CHECK(one.manager.wait_for("STATUS=5 servers, 0 reachable"));
    well = true;
    CHECK(one.manager.wait_for("STATUS=5 servers, 1 reachable"));
    rest_client client(one.daemon.local());
    CHECK(client.post("/model-servers", simple_server("c")).status() == 201);
    CHECK(one.manager.wait_for("STATUS=6 servers, 1 reachable"));
    CHECK_FALSE(one.said("RELOADING=1"));  // the file is as it was wanted
}

TEST_CASE("a reload is a reload, by signal and by hand, even of a file that is broken") {
    managed one(server("a"));
    one.daemon.program().send_signal(SIGHUP);
    REQUIRE(one.manager.wait_for("RELOADING=1"));
    REQUIRE(one.manager.wait_for("READY=1"));
    CHECK(one.manager.messages().back() == "READY=1\nSTATUS=4 servers, 0 reachable");

    one.manager.clear();
    rename_over(one.daemon.config_file(), server("a") + server("b"));
    REQUIRE(one.manager.wait_for("RELOADING=1"));
    REQUIRE(one.manager.wait_for("READY=1"));
    CHECK(one.manager.messages().back() == "READY=1\nSTATUS=5 servers, 0 reachable");

    one.manager.clear();
    rename_over(one.daemon.config_file(), "[[model_servers]]\nname = \"x\"\nkind = \"olama\"\n");
    REQUIRE(one.manager.wait_for("RELOADING=1"));
    REQUIRE(one.manager.wait_for("READY=1"));
    CHECK(one.manager.messages().back() ==
          fmt::format("READY=1\nSTATUS=5 servers, 0 reachable; the configuration file is broken: {}:3:8: unknown kind "
                      "\"olama\"; did you mean \"ollama\"?",
                      one.daemon.config_file().string()));

    one.manager.clear();
    rename_over(one.daemon.config_file(), server("c"));
    REQUIRE(one.manager.wait_for("RELOADING=1"));
    REQUIRE(one.manager.wait_for("READY=1"));
    CHECK(one.manager.messages().back() == "READY=1\nSTATUS=4 servers, 0 reachable");
}

TEST_CASE("the watchdog hears from a loop that turns, and not from one that is stuck") {
    managed one("", {{"WATCHDOG_USEC", "100000"}});
    CHECK(one.manager.wait_for("WATCHDOG=1"));
    CHECK(one.manager.wait_for("WATCHDOG=1"));
    one.daemon.program().send_signal(SIGSTOP);
    while (one.manager.wait_for("WATCHDOG=1", 150ms)) {
    }
    CHECK_FALSE(one.manager.wait_for("WATCHDOG=1", 300ms));
    one.daemon.program().send_signal(SIGCONT);
    CHECK(one.manager.wait_for("WATCHDOG=1"));
}

TEST_CASE("stopping is said first, and then nothing more") {
    managed one(server("a"));
    REQUIRE(one.manager.wait_for("READY=1"));
    one.manager.clear();
    one.daemon.program().send_signal(SIGTERM);
    CHECK(one.daemon.program().wait_for_exit() == 0);
    CHECK(one.manager.messages().back() == "STOPPING=1\nSTATUS=stopping");
}
