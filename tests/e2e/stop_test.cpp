// SIGTERM and SIGINT: nobody who is served is cut off, and whoever hangs is not waited for.

#include "tests/e2e/rest.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace opd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t many = 5'000;  // models, whose list is larger than any socket's buffer

std::string server(std::string_view name, std::string_view base_url) {
    return fmt::format("[[model_servers]]\nname = \"{}\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n", name,
                       base_url);
}

/// Sends the signal; how long the daemon takes to end with 0.
milliseconds time_to_stop(const process& daemon, int signal) {
    const auto begin = std::chrono::steady_clock::now();
    daemon.send_signal(signal);
    CHECK(daemon.wait_for_exit() == 0);
    return std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - begin);
}

/// A client that has asked for a long list and not read any of it, while the daemon is at it.
http_client in_the_middle_of_a_list(const running_daemon& daemon) {
    http_client reader = daemon.local();
    reader.send("GET /api/v1/model-servers/big/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // Requests are taken up in the order in which they come.
    CHECK(daemon.local().get("/api/v1/health").status == 200);
    return reader;
}

struct long_list {
    long_list() { sim.answer_everything(simulated_openai_compat({.models = many})); }

    model_server_sim sim;
};

}  // namespace

TEST_CASE("a client in the middle of an answer gets all of it") {
    const long_list big;
    running_daemon daemon(server("big", big.sim.base_url()));
    daemon.wait_for_status("big", "ok");
    http_client reader = in_the_middle_of_a_list(daemon);
    daemon.program().send_signal(SIGTERM);
    REQUIRE(daemon.program().wait_for_line("SIGTERM: stopping"));
    // Nobody is let in any more.
    CHECK(comes_true([&] { return !fs::exists(daemon.socket()); }));
    const http_answer answer = reader.read_answer();
    CHECK(answer.status == 200);
    CHECK(boost::json::parse(answer.body).at("models").as_array().size() == many);
    CHECK(daemon.program().wait_for_exit() == 0);
    CHECK(daemon.program().standard_error().find("stopping at once") == std::string::npos);
}

TEST_CASE("a probe that a client waits for ends, too, and the client hears what is known") {
    const silent_port silent;
    running_daemon daemon(server("x", silent.base_url()));
    http_client waiting = daemon.local();
    waiting.send("GET /api/v1/model-servers/x/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(daemon.local().get("/api/v1/health").status == 200);
    daemon.program().send_signal(SIGTERM);
    const http_answer answer = waiting.read_answer();
    CHECK(answer.status == 200);
    CHECK(boost::json::parse(answer.body).at("status").as_string() == "pending");
    CHECK(daemon.program().wait_for_exit() == 0);
}

TEST_CASE("where nothing hangs, it takes no 200 ms") {
    const silent_port silent;
    milliseconds least = 10s;
    // A busy machine can take its time once, but not each time.
    for (int attempt = 0; attempt != 5 && least >= 200ms; ++attempt) {
        running_daemon daemon(server("x", silent.base_url()));
        std::vector<http_client> idle;
        for (int i = 0; i != 20; ++i) {
            idle.push_back(i % 2 == 0 ? daemon.tcp() : daemon.local());
            CHECK(idle.back().get("/api/v1/health").status == 200);
        }
        least = std::min(least, time_to_stop(daemon.program(), attempt % 2 == 0 ? SIGTERM : SIGINT));
        for (http_client& client : idle) CHECK(client.read_to_end().empty());
    }
    CHECK(least < 200ms);
}

TEST_CASE("whatever hangs, it takes 5 s at most, and a second signal none") {
    const long_list big;
    running_daemon patient(server("big", big.sim.base_url()));
    running_daemon hurried(server("big", big.sim.base_url()));
    patient.wait_for_status("big", "ok");
    hurried.wait_for_status("big", "ok");
    const http_client never_reads = in_the_middle_of_a_list(patient);
    const http_client nor_does_this = in_the_middle_of_a_list(hurried);
    const auto begin = std::chrono::steady_clock::now();
    patient.program().send_signal(SIGTERM);

    hurried.program().send_signal(SIGTERM);
    REQUIRE(hurried.program().wait_for_line("SIGTERM: stopping"));
    CHECK_FALSE(hurried.program().wait_for_exit(300ms).has_value());
    CHECK(time_to_stop(hurried.program(), SIGINT) < 1s);
    CHECK(hurried.program().wait_for_line("stopping at once"));

    CHECK(patient.program().wait_for_exit() == 0);
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= 4'900ms);
    CHECK(took < 6s);
    CHECK(patient.program().wait_for_line("stopping at once"));
    CHECK_FALSE(fs::exists(patient.socket()));
}

TEST_CASE("of daemons that start at once on one socket one serves, and the others say which") {
    const temp_folder home;
    const std::string path = home.path() / "run" / "s";
    for (int round = 0; round != 3; ++round) {
        // What a dead daemon has left is in the way of all of them.
        {
            const process dead({program_path("operatord"), "--listen", "none", "--socket", path},
                               {{"HOME", home.path()}});
            REQUIRE(dead.wait_for_line("is ready"));
            dead.send_signal(SIGKILL);
            CHECK(dead.wait_for_exit() == 128 + SIGKILL);
        }
        std::vector<std::unique_ptr<process>> all;
        for (int i = 0; i != 4; ++i) {
            const std::vector<std::string> command{program_path("operatord"), "--listen", "none", "--socket", path};
            all.push_back(std::make_unique<process>(command, process::environment{{"HOME", home.path()}}));
        }
        const process* serving = nullptr;
        std::vector<const process*> refused;
        for (const auto& one : all) {
            if (one->wait_for_line("is ready")) {
                CHECK(serving == nullptr);
                serving = one.get();
            } else {
                refused.push_back(one.get());
            }
        }
        REQUIRE(serving != nullptr);
        CHECK(refused.size() == 3);
        for (const process* one : refused) {
            CHECK(one->wait_for_exit() == 69);
            CHECK(one->standard_error().find(fmt::format("another operatord (pid {}) already serves {}\n",
                                                         serving->pid(), path)) != std::string::npos);
        }
        CHECK(http_client::over_unix_socket(path).get("/api/v1/health").status == 200);
        time_to_stop(*serving, SIGTERM);
        CHECK(fs::is_empty(home.path() / "run"));
    }
}

TEST_CASE("a daemon that is about to end does not keep the next one from starting") {
    const long_list big;
    running_daemon first(server("big", big.sim.base_url()));
    first.wait_for_status("big", "ok");
    const http_client never_reads = in_the_middle_of_a_list(first);
    first.program().send_signal(SIGTERM);
    REQUIRE(first.program().wait_for_line("SIGTERM: stopping"));
    CHECK(comes_true([&] { return !fs::exists(first.socket()); }));
    const process second({program_path("operatord"), "--listen", "none", "--socket", first.socket()},
                         {{"HOME", first.home()}});
    CHECK(second.wait_for_line("is ready"));
    CHECK_FALSE(first.program().wait_for_exit(0ms).has_value());
    first.program().send_signal(SIGTERM);
    CHECK(first.program().wait_for_exit() == 0);
    CHECK(http_client::over_unix_socket(first.socket()).get("/api/v1/health").status == 200);
}
