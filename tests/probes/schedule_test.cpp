#include "probes/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <vector>

using namespace opd;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using enum probe_status;

namespace {

probe_history past(probe_status last, unsigned failures = 0, std::optional<milliseconds> retry_after = std::nullopt) {
    return {.last = last, .failures = failures, .retry_after = retry_after};
}

}  // namespace

TEST_CASE("a server is asked again after its interval, or after a pause that fits its failure") {
    struct row {
        milliseconds interval;
        probe_history history;
        milliseconds delay;  ///< in the middle of the jitter
    };

    const std::vector<row> rows{
        // a good one
        {30s, past(ok), 30s},
        {5min, past(ok), 5min},
        {10ms, past(ok), 10ms},
        // a failure that may mend soon: a quarter, then twice as long each time, up to four intervals or two minutes
        {30s, past(refused, 1), 7500ms},
        {30s, past(refused, 2), 15s},
        {30s, past(refused, 3), 30s},
        {30s, past(refused, 4), 60s},
        {30s, past(refused, 5), 120s},
        {30s, past(refused, 6), 120s},
        {30s, past(timeout, 4'000'000'000), 120s},
        {10s, past(starting, 9), 40s},
        {5min, past(dns_error, 1), 75s},
        {5min, past(dns_error, 2), 150s},
        {5min, past(dns_error, 9), 5min},
        {24h, past(http_error, 20), 24h},
        // a quarter of a short interval would be a hammer
        {400ms, past(refused, 1), 250ms},
        {100ms, past(refused, 1), 100ms},
        {100ms, past(refused, 9), 400ms},
        // a failure that asking again does not mend
        {30s, past(auth_failed, 1), 30s},
        {30s, past(forbidden, 2), 60s},
        {30s, past(no_listing, 3), 120s},
        {30s, past(rate_limited, 1), 30s},
        {5min, past(auth_failed, 4), 5min},
    };
    for (const row& one : rows) {
        CAPTURE(one.interval.count());
        CAPTURE(to_string(one.history.last));
        CAPTURE(one.history.failures);
        CHECK(next_delay(one.interval, one.history, 0.5) == one.delay);
        CHECK(next_delay(one.interval, one.history, 0.0) == std::max(milliseconds(10), one.delay * 9 / 10));
        const milliseconds latest = next_delay(one.interval, one.history, 0.999);
        CHECK(latest > one.delay * 109 / 100 - 1ms);
        CHECK(latest < one.delay * 11 / 10);
    }
}

TEST_CASE("a server that says when to come back is not asked earlier, and later rather than sooner") {
    const probe_history limited = past(rate_limited, 1, 90s);
    CHECK(next_delay(30s, limited, 0.0) == 90s);
    CHECK(next_delay(30s, limited, 0.5) == 94500ms);
    CHECK(next_delay(30s, limited, 0.999) < 99s);
    const probe_history busy = past(http_error, 1, 1s);
    CHECK(next_delay(30s, busy, 0.5) == 7500ms);
    const probe_history at_once = past(http_error, 1, 0ms);
    CHECK(next_delay(30s, at_once, 0.5) == 7500ms);
    const probe_history good = past(ok, 0, 1h);
    CHECK(next_delay(30s, good, 0.0) == 1h);
}

TEST_CASE("a delay is never zero, and the longest interval does not overflow") {
    CHECK(next_delay(1ms, past(ok), 0.0) == 10ms);
    CHECK(next_delay(0ms, past(refused, 3), 0.5) == 10ms);
    const milliseconds year = 24h * 365;
    CHECK(next_delay(year, past(refused, 100), 0.5) == year);
}

TEST_CASE("what costs no packet needs no further probe until something changes") {
    for (const probe_status settled : {key_missing, disabled}) CHECK(is_settled(settled));
    for (const probe_status open :
         {ok, pending, key_withheld, auth_failed, forbidden, rate_limited, starting, no_listing, bad_response,
          http_error, timeout, refused, dns_error, tls_error, network_error}) {
        CAPTURE(to_string(open));
        CHECK_FALSE(is_settled(open));
    }
}
