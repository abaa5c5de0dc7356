#include "client/program.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace opd;
using namespace std::chrono_literals;

namespace {

const environment usual{"PATH=/usr/bin:/bin", "GREETING=hello"};

result<program_end> shell(const char* script, brief_limits limits = {.time = 20s}) {
    return run_briefly({"sh", "-c", script}, usual, limits);
}

}  // namespace

TEST_CASE("a program is run to its end, with this environment and no input") {
    const auto end = shell("read line && echo input; echo $GREETING; echo trouble >&2; exit 3");
    REQUIRE(end.has_value());
    CHECK(end->exit_code == 3);
    CHECK(end->out == "hello\n");
    CHECK(end->err == "trouble\n");
}

TEST_CASE("its output is kept up to a limit, and read to its end") {
    const auto end = shell("yes | head -c 300000; yes | head -c 300000 >&2; exit 0", {.time = 20s, .output = 1000});
    REQUIRE(end.has_value());
    CHECK(end->exit_code == 0);
    CHECK(end->out.size() == 1000);
    CHECK(end->err.size() == 1000);
}

TEST_CASE("what it leaves behind is not waited for") {
    const auto began = std::chrono::steady_clock::now();
    const auto end = shell("sleep 60 & echo started");
    REQUIRE(end.has_value());
    CHECK(end->out == "started\n");
    CHECK(std::chrono::steady_clock::now() - began < 15s);
}

TEST_CASE("what cannot be run to its end is told") {
    const auto why = [](const result<program_end>& end) { return end ? "it ended" : end.error().message; };
    CHECK(why(run_briefly({"no-such-program"}, usual)) == "no-such-program cannot be run: it is not on PATH");
    CHECK(why(run_briefly({"/"}, usual)) == "/ cannot be run: Permission denied");
    CHECK(why(shell("exec sleep 60", {.time = 50ms})) == "sh -c 'exec sleep 60' did not end within 50 ms");
    CHECK(why(shell("kill -9 $$")) == "sh -c 'kill -9 $$' was ended by signal 9");
}
