#include "probes/verdict.hpp"
#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;
using namespace std::chrono_literals;

namespace {

// 2026-02-17T19:29:00Z
const auto now = std::chrono::system_clock::from_time_t(1'771'356'540);

std::optional<std::chrono::milliseconds> delay_of(std::vector<std::pair<std::string, std::string>> headers,
                                                  unsigned status = 429, std::string body = {}) {
    http_reply reply = reply_of(std::move(body), status);
    reply.rate_limit_headers = std::move(headers);
    return requested_delay(reply, now);
}

}  // namespace

TEST_CASE("Retry-After is understood in seconds and as a date") {
    CHECK(delay_of({{"retry-after", "20"}}) == 20s);
    CHECK(delay_of({{"retry-after", "0.5"}}) == 500ms);
    CHECK(delay_of({{"retry-after", "0"}}) == 0s);
    CHECK(delay_of({{"retry-after", "Tue, 17 Feb 2026 19:29:30 GMT"}}) == 30s);
    CHECK(delay_of({{"retry-after", "Tuesday, 17-Feb-26 19:29:30 GMT"}}) == 30s);
    CHECK(delay_of({{"retry-after", "Tue Feb 17 19:29:30 2026"}}) == 30s);
    CHECK(delay_of({{"retry-after", "Mon, 16 Feb 2026 19:29:30 GMT"}}) == 0s);
    CHECK(delay_of({{"retry-after", "Tue, 17 Feb 2026 19:29:30 GMT"}, {"date", "Tue, 17 Feb 2026 19:29:20 GMT"}}) ==
          10s);
    CHECK(delay_of({{"retry-after", "30"}, {"retry-after-ms", "1500"}}) == 1500ms);
    CHECK(delay_of({{"retry-after", "30"}}, 503) == 30s);
}

TEST_CASE("what a server says otherwise about waiting is understood") {
    const char* const info = R"({"error": {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo",
                                                         "retryDelay": "5.25s"}]}})";
    CHECK(delay_of({}, 429, info) == 5250ms);
    CHECK(delay_of({{"x-ratelimit-reset-requests", "6m0s"}}) == 6min);
    CHECK(delay_of({{"x-ratelimit-reset-requests", "2ms"}}) == 2ms);
    CHECK(delay_of({{"x-ratelimit-reset-requests", "1h2m3s"}}) == 1h);
    CHECK(delay_of({{"x-ratelimit-reset-tokens", "50s"}, {"x-ratelimit-reset-requests", "7s"}}) == 7s);
    CHECK(delay_of({{"anthropic-ratelimit-requests-reset", "2026-02-17T19:29:21Z"}}) == 21s);
    CHECK(delay_of({{"anthropic-ratelimit-tokens-reset", "2026-02-17T21:29:21.5+02:00"},
                    {"anthropic-ratelimit-input-tokens-reset", "2026-02-17T19:29:11Z"}}) == 21s);
    CHECK(delay_of({{"x-ratelimit-reset-requests", "1771356550"}}) == 10s);
    CHECK(delay_of({{"x-ratelimit-reset-requests", "1771356550000"}}) == 10s);
}

TEST_CASE("a budget's reset is no request to wait where no budget was exceeded") {
    CHECK(delay_of({{"x-ratelimit-reset-requests", "6m0s"}}, 500) == std::nullopt);
    CHECK(delay_of({{"anthropic-ratelimit-requests-reset", "2026-02-17T19:29:21Z"}}, 200) == std::nullopt);
}

TEST_CASE("no wait is longer than an hour, and nonsense asks for none") {
    CHECK(delay_of({{"retry-after", "86400"}}) == 1h);
    CHECK(delay_of({{"retry-after", "999999999999999999999999"}}) == 1h);
    CHECK(delay_of({{"retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"}}) == 1h);
    for (const char* const nonsense : {"", "soon", "-5", "nan", "inf", "12x", "1e5", "5 s", "Tue, 99 Foo 2026"}) {
        CAPTURE(nonsense);
        CHECK(delay_of({{"retry-after", nonsense}}) == std::nullopt);
        CHECK(delay_of({{"x-ratelimit-reset-requests", nonsense}}) == std::nullopt);
    }
    CHECK(delay_of({}) == std::nullopt);
}
