#include "config/toml/json_compare.hpp"

#include "tests/config/toml/random_toml.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace opd {
namespace {

namespace json = boost::json;

bool same(std::string_view a, std::string_view b) {
    const bool forth = same_value(json::parse(a), json::parse(b));
    CHECK(forth == same_value(json::parse(b), json::parse(a)));
    return forth;
}

/// One sign for each step: `=` keep, `~` change, `-` remove, `+` insert.
std::string steps(std::string_view before, std::string_view after) {
    const json::value old = json::parse(before);
    const json::value now = json::parse(after);
    std::string signs;
    std::size_t i = 0;
    std::size_t j = 0;
    for (const array_step& step : steps_between(old.get_array(), now.get_array())) {
        signs += std::string_view("=~-+")[static_cast<std::size_t>(step.what)];
        CHECK(step.before == i);
        CHECK(step.after == j);
        if (step.what == array_step::type::keep) CHECK(same_value(old.get_array()[i], now.get_array()[j]));
        if (step.what != array_step::type::insert) ++i;
        if (step.what != array_step::type::remove) ++j;
    }
    CHECK(i == old.get_array().size());
    CHECK(j == now.get_array().size());
    return signs;
}

/// Of two arrays that lose elements until they are equal.
std::size_t most_in_common(const json::array& a, const json::array& b, std::size_t i = 0, std::size_t j = 0) {
    if (i == a.size() || j == b.size()) return 0;
    if (a[i] == b[j]) return 1 + most_in_common(a, b, i + 1, j + 1);
    return std::max(most_in_common(a, b, i + 1, j), most_in_common(a, b, i, j + 1));
}

}  // namespace

TEST_CASE("values are the same if they mean the same") {
    CHECK(same("1", "1.0"));
    CHECK(same("-0.0", "0"));
    CHECK(same("18446744073709551615", "18446744073709551615"));
    CHECK(same(R"({"a": 1, "b": [2.0, null, true]})", R"({"b": [2, null, true], "a": 1.0})"));
    CHECK_FALSE(same("1", "1.5"));
    CHECK_FALSE(same("1", "\"1\""));
    CHECK_FALSE(same("true", "1"));
    CHECK_FALSE(same("9007199254740993", "9007199254740992.0"));
    CHECK_FALSE(same("9223372036854775807", "9223372036854775808.0"));
    CHECK_FALSE(same("18446744073709551615", "18446744073709551616.0"));
    CHECK_FALSE(same("18446744073709551615", "-1"));
    CHECK_FALSE(same("1", "1e300"));
    CHECK_FALSE(same("[1, 2]", "[2, 1]"));
    CHECK_FALSE(same("[1, 2]", "[1]"));
    CHECK_FALSE(same(R"({"a": 1})", R"({"a": 1, "b": 1})"));
    CHECK_FALSE(same(R"({"a": 1})", R"({"b": 1})"));
}

TEST_CASE("the way from one array to another keeps what it can") {
    CHECK(steps("[]", "[]").empty());
    CHECK(steps("[1, 2]", "[1.0, 2]") == "==");
    CHECK(steps("[]", "[1, 2]") == "++");
    CHECK(steps("[1, 2]", "[]") == "--");
    CHECK(steps("[1, 2, 3]", "[1, 9, 3]") == "=~=");
    CHECK(steps("[1, 2, 3]", "[2, 3]") == "-==");
    CHECK(steps("[1, 2, 3]", "[1, 3]") == "=-=");
    CHECK(steps("[1, 2, 3]", "[1, 2, 8, 9, 3]") == "==++=");
    CHECK(steps("[1, 2, 3, 4]", "[2, 3, 4, 5]") == "-===+");
    CHECK(steps("[1, 2, 3, 4, 5, 6]", "[2, 9, 4, 1, 5, 7, 8]") == "-=~=+=~+");
    CHECK(steps("[1, 1, 1]", "[1, 1]") == "==-");
    CHECK(steps("[1, 2]", "[2, 1]").size() == 3);
}

TEST_CASE("no way keeps more") {
    dice luck(1);
    for (int round = 0; round < 500; ++round) {
        const auto any_array = [&luck] {
            json::array made;
            for (std::size_t i = luck.below(8); i > 0; --i) {
                made.emplace_back(luck.below(4));
            }
            return made;
        };
        const json::array before = any_array();
        const json::array after = any_array();
        const std::string signs = steps(json::serialize(before), json::serialize(after));
        CAPTURE(signs);
        CHECK(static_cast<std::size_t>(std::ranges::count(signs, '=')) == most_in_common(before, after));
    }
}

TEST_CASE("very long arrays are compared at their ends") {
    json::array before;
    json::array after;
    for (int i = 0; i < 2000; ++i) {
        before.emplace_back(i);
        after.emplace_back(i < 10 || i >= 1990 ? i : -i);
    }
    after.emplace_back(1999);
    std::size_t changed = 0;
    for (const array_step& step : steps_between(before, after)) {
        if (step.what == array_step::type::change) ++changed;
    }
    CHECK(changed == 1989);
}

}  // namespace opd
