#include "tests/daemon/api/asked_api.hpp"
#include "tests/support/loop_ticker.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <string>

#include <time.h>

using namespace opd;
using namespace opd::wire;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

// The sanitizers make twenty times the work of each.
constexpr int many = time_counts ? 2000 : 200;

std::string many_servers(int count) {
    std::string text;
    for (int number = 0; number != count; ++number)
        text += fmt::format(
            "[[model_servers]]\nname = \"s{0}\"\nkind = \"openai-compat\"\nbase_url = \"http://127.0.0.1:{1}/v1\"\n"
            "api_key_env = \"KEY_{0}\"\nextra_env = {{ A = \"{0}\" }}\n\n",
            number, 1000 + number);
    return text;
}

std::chrono::nanoseconds time_of(clockid_t clock) {
    timespec used{};
    ::clock_gettime(clock, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// The time of all threads but this one.
std::chrono::nanoseconds time_of_others() {
    return time_of(CLOCK_PROCESS_CPUTIME_ID) - time_of(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace

TEST_CASE("a write among 2,000 servers does not hold the loop, and neither does the next list") {
    api_on all(many_servers(many));
    REQUIRE(all.get("/api/v1/model-servers").status == 200);
    const auto others = time_of_others();
    loop_ticker ticker(all.loop.get_executor());
    const answer given =
        all.put("/api/v1/model-servers/s100", R"({"kind":"openai-compat","base_url":"http://127.0.0.1:9/v1"})");
    CHECK(given.status == 200);
    CHECK(all.get("/api/v1/model-servers").status == 200);
    ticker.stop();
    if (time_counts) CHECK(ticker.longest_wait() < 50ms);
    // Whatever slows this program down slows all of its threads: most of the work is the others'.
    CHECK(4 * ticker.longest_wait() < time_of_others() - others);
}

TEST_CASE("an edit of 2,000 servers by hand does not hold the loop") {
    api_on all(many_servers(many));
    const auto others = time_of_others();
    loop_ticker ticker(all.loop.get_executor());
    all.edit(many_servers(many - 1));
    CHECK(all.get("/api/v1/model-servers").status == 200);
    ticker.stop();
    if (time_counts) CHECK(ticker.longest_wait() < 50ms);
    CHECK(4 * ticker.longest_wait() < time_of_others() - others);
}
