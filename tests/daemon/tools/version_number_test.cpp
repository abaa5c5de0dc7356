#include "daemon/tools/installed_tools.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace opd;
using namespace opd::tools;

TEST_CASE("versions are ordered by their numbers, and what comes before a release is less than it") {
    // Each is less than the next.
    const char* const ascending[] = {"0.9",
                                     "0.9.1-alpha",
                                     "0.9.1-alpha.1",
                                     "0.9.1-alpha.2",
                                     "0.9.1-alpha.10",
                                     "0.9.1-alpha.beta",
                                     "0.9.1-beta",
                                     "0.9.1-rc.1",
                                     "0.9.1",
                                     "0.10.0",
                                     "0.61.0-nightly.20261101.abc1234",
                                     "0.61.0-preview.1",
                                     "0.61.0",
                                     "0.169.0",
                                     "1.0",
                                     "1.0.0.1",
                                     "2.1.99",
                                     "2.1.330",
                                     "10.0",
                                     "18446744073709551615.0"};
    for (std::size_t i = 0; i != std::size(ascending); ++i) {
        for (std::size_t j = 0; j != std::size(ascending); ++j) {
            CAPTURE(ascending[i]);
            CAPTURE(ascending[j]);
            const auto a = parse_version(ascending[i]);
            const auto b = parse_version(ascending[j]);
            REQUIRE(a.has_value());
            REQUIRE(b.has_value());
            CHECK((compare(*a, *b) == (i <=> j)));
            CHECK(is_at_least(ascending[i], ascending[j]) == (i >= j));
        }
    }
}

TEST_CASE("versions that are written differently and mean the same") {
    CHECK(is_at_least("1.2", "1.2.0") == true);
    CHECK(is_at_least("1.2", "1.2.0.0") == true);
    CHECK(is_at_least("v1.02", "1.2") == true);
    CHECK(is_at_least("1.2+build.7", "1.2+build.8") == true);
    CHECK(is_at_least("1.2-a+b-c", "1.2-a") == true);
}

TEST_CASE("what is no version is compared with nothing") {
    for (const std::string& garbage : {std::string(),
                                       std::string("1"),
                                       std::string("v"),
                                       std::string("1."),
                                       std::string(".1"),
                                       std::string("1..2"),
                                       std::string("1.2."),
                                       std::string("1.2-"),
                                       std::string("1.2-a..b"),
                                       std::string("1.2-a_b"),
                                       std::string("1.2+"),
                                       std::string("1.2+a_b"),
                                       std::string("1.x"),
                                       std::string("-1.2"),
                                       std::string("1.2 "),
                                       std::string("vv1.2"),
                                       std::string("1.2\0", 4),
                                       std::string("1.18446744073709551616"),
                                       std::string("1,2"),
                                       "1." + std::string(63, '1'),
                                       "1.2-" + std::string(61, 'a')}) {
        CAPTURE(garbage);
        CHECK_FALSE(parse_version(garbage).has_value());
        CHECK_FALSE(is_at_least(garbage, "1.0").has_value());
        CHECK_FALSE(is_at_least("1.0", garbage).has_value());
    }
}

TEST_CASE("the version is found in what a tool says of itself") {
    CHECK(find_version("2.1.330 (Claude Code)\n") == "2.1.330");
    CHECK(find_version("codex-cli 0.169.0\n") == "0.169.0");
    CHECK(find_version("codex-cli 0.170.0-alpha.3\n") == "0.170.0-alpha.3");
    CHECK(find_version("0.61.0\n") == "0.61.0");
    CHECK(find_version("0.61.0") == "0.61.0");
    CHECK(find_version("tool (v1.2.3, of 2026)") == "1.2.3");
    CHECK(find_version("A new version is out!\r\n\r\ntool: \"1.2.3\"\r\n") == "1.2.3");
    CHECK(find_version("1.2.3 4.5.6") == "1.2.3");
    CHECK_FALSE(find_version("").has_value());
    CHECK_FALSE(find_version(" \n").has_value());
    CHECK_FALSE(find_version("unknown option --version").has_value());
    CHECK_FALSE(find_version("tool-1.2.3").has_value());
    CHECK_FALSE(find_version("\x1b[1m1.2.3\x1b[0m").has_value());
    CHECK_FALSE(find_version(std::string(5000, '1')).has_value());
}
