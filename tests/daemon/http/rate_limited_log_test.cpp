#include "daemon/http/rate_limited_log.hpp"

#include <doctest/doctest.h>

using namespace opd;
using namespace opd::http;
using namespace std::chrono_literals;

TEST_CASE("what happens often is mentioned once in a while, with how often it has happened") {
    const auto start = rate_limited_log::clock::time_point(1h);
    rate_limited_log one(1min);
    CHECK(one.happened(start) == "");
    CHECK_FALSE(one.happened(start + 1s));
    CHECK_FALSE(one.happened(start + 59s));
    CHECK(one.happened(start + 60s) == " (and 2 times more since this was last logged)");
    CHECK_FALSE(one.happened(start + 119s));
    CHECK(one.happened(start + 200s) == " (and 1 times more since this was last logged)");
    CHECK(one.happened(start + 300s) == "");
}
