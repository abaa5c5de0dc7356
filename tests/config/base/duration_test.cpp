#include "config/base/duration.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace opd {
namespace {

using namespace std::chrono_literals;

std::string refusal(std::string_view text) {
    const auto time = parse_duration(text);
    return time ? "accepted" : time.error().message;
}

}  // namespace

TEST_CASE("a length of time is digits and a unit") {
    CHECK(*parse_duration("500ms") == 500ms);
    CHECK(*parse_duration("30s") == 30s);
    CHECK(*parse_duration("5m") == 5min);
    CHECK(*parse_duration("1h") == 1h);
    CHECK(*parse_duration("1d") == 24h);
    CHECK(*parse_duration("007s") == 7s);
    CHECK(*parse_duration("9223372036854775807ms") == std::chrono::milliseconds::max());
}

TEST_CASE("anything else is refused with the reason") {
    CHECK(refusal("") == R"("" is not a length of time: it does not start with a digit)");
    CHECK(refusal("s") == R"("s" is not a length of time: it does not start with a digit)");
    CHECK(refusal("-5s") == R"("-5s" is not a length of time: it does not start with a digit)");
    CHECK(refusal("30") == R"("30" is not a length of time: the unit is missing)");
    CHECK(refusal("1.5s") == R"("1.5s" is not a length of time: the unit is unknown)");
    CHECK(refusal("5 s") == R"("5 s" is not a length of time: the unit is unknown)");
    CHECK(refusal("5S") == R"("5S" is not a length of time: the unit is unknown)");
    CHECK(refusal("1m30s") == R"("1m30s" is not a length of time: the unit is unknown)");
    CHECK(refusal("0s") == R"("0s" is not a length of time: it is zero)");
    CHECK(refusal("9223372036854775808ms") == R"("9223372036854775808ms" is not a length of time: it is too long)");
    CHECK(refusal("99999999999999999999999s") ==
          R"("99999999999999999999999s" is not a length of time: it is too long)");
    CHECK(refusal("106751991168d") == R"("106751991168d" is not a length of time: it is too long)");
    CHECK(parse_duration("x").error().hint ==
          R"(write digits and one unit of ms, s, m, h, d, as in "500ms", "30s" or "5m")");
}

TEST_CASE("a length of time is written in its largest whole unit, and reads back") {
    CHECK(format_duration(0ms) == "0ms");
    CHECK(format_duration(1500ms) == "1500ms");
    CHECK(format_duration(90s) == "90s");
    CHECK(format_duration(5min) == "5m");
    CHECK(format_duration(36h) == "36h");
    CHECK(format_duration(48h) == "2d");
    for (const auto time : {1ms, 999ms, 60000ms, 3600000ms, 86400001ms})
        CHECK(*parse_duration(format_duration(time)) == time);
}

}  // namespace opd
