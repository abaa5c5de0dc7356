#include "config/toml/parse.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <array>
#include <string_view>
#include <utility>

namespace opd {
namespace {

namespace json = boost::json;

bool same(std::string_view a, std::string_view b) {
    const bool forth = same_value(json::parse(a), json::parse(b));
    CHECK(forth == same_value(json::parse(b), json::parse(a)));
    return forth;
}

std::pair<std::size_t, std::size_t> ends(std::string_view a, std::string_view b) {
    const auto [head, tail] = common_ends(json::parse(a).as_array(), json::parse(b).as_array());
    CHECK(common_ends(json::parse(b).as_array(), json::parse(a).as_array()) == std::pair(head, tail));
    return {head, tail};
}

toml_node tree_of(std::string_view text) {
    const source_text source("f", text);
    auto root = parse_toml(source);
    REQUIRE(root.has_value());
    return *std::move(root);
}

bool same_trees(std::string_view a, std::string_view b) { return same_tree(tree_of(a), tree_of(b)); }

bool kept(std::string_view old_text, std::string_view new_text, std::string_view wanted) {
    const toml_node was = tree_of(old_text);
    const toml_node is = tree_of(new_text);
    return kept_in_place(was, is, to_json_object(was), to_json_object(tree_of(wanted)));
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

TEST_CASE("arrays have ends in common that do not overlap") {
    CHECK(ends("[]", "[]") == std::pair<std::size_t, std::size_t>(0, 0));
    CHECK(ends("[]", "[1]") == std::pair<std::size_t, std::size_t>(0, 0));
    CHECK(ends("[1, 2]", "[1.0, 2]") == std::pair<std::size_t, std::size_t>(2, 0));
    CHECK(ends("[1, 2, 3]", "[1, 9, 3]") == std::pair<std::size_t, std::size_t>(1, 1));
    CHECK(ends("[1, 2, 3]", "[2, 3]") == std::pair<std::size_t, std::size_t>(0, 2));
    CHECK(ends("[1, 1, 1]", "[1, 1]") == std::pair<std::size_t, std::size_t>(2, 0));
    CHECK(ends("[1, 2, 1]", "[1, 1]") == std::pair<std::size_t, std::size_t>(1, 1));
    CHECK(ends("[1, 2]", "[2, 1]") == std::pair<std::size_t, std::size_t>(0, 0));
}

TEST_CASE("documents are the same wherever and however their values are written") {
    CHECK(same_trees("a = 1\n[b]\nc = 'x'\n", "# moved\n\na=0x1\n[ b ]\nc = \"x\"\n"));
    CHECK(same_trees("a = { b = 1 }\n", "[a]\nb = 1\n"));
    CHECK(same_trees("a = nan\nb = 1.50\n", "a = -nan\nb = 1.5\n"));
    CHECK_FALSE(same_trees("a = 1\n", "a = 1.0\n"));
    CHECK_FALSE(same_trees("a = 1.0\n", "a = 2.0\n"));
    CHECK_FALSE(same_trees("a = 1979-05-27\n", "a = '1979-05-27'\n"));
    CHECK_FALSE(same_trees("a = 1979-05-27\n", "a = 1979-05-28\n"));
    CHECK_FALSE(same_trees("a = [1, 2]\n", "a = [2, 1]\n"));
    CHECK_FALSE(same_trees("a = true\n", "a = false\n"));
    CHECK_FALSE(same_trees("a = 1\nb = 2\n", "b = 2\na = 1\n"));
    CHECK_FALSE(same_trees("a = {}\n", "a = []\n"));
}

TEST_CASE("some members may differ, come and go") {
    constexpr std::array<std::string_view, 2> ours{"x", "y"};
    const auto same_others = [&](std::string_view a, std::string_view b) {
        return same_but(tree_of(a), tree_of(b), ours);
    };
    CHECK(same_others("x = 1\na = 1\ny = 1\nb = 1\n", "a = 1\nx = 2\nb = 1\n"));
    CHECK(same_others("", "x = 1\n"));
    CHECK_FALSE(same_others("a = 1\nb = 1\n", "b = 1\na = 1\n"));
    CHECK_FALSE(same_others("a = 1\nb = 1\n", "a = 1\n"));
    CHECK_FALSE(same_others("a = 1\n", "a = 1\nb = 1\n"));
}

TEST_CASE("what was not meant to change has not changed its type either") {
    CHECK(kept("t = 1979-05-27\na = 1\n", "t = 1979-05-27\na = 2\n", "t = 1979-05-27\na = 2\n"));
    CHECK_FALSE(kept("t = 1979-05-27\na = 1\n", "t = '1979-05-27'\na = 2\n", "t = 1979-05-27\na = 2\n"));
    CHECK_FALSE(kept("a.t = inf\na.b = 1\n", "a.t = 'inf'\na.b = 2\n", "a.t = inf\na.b = 2\n"));
    CHECK(kept("t = 1979-05-27\n", "t = 'later'\n", "t = 'later'\n"));
    CHECK(kept("t = 1979-05-27\n", "", ""));
    CHECK_FALSE(kept("t = 1\n", "", "t = 1\n"));
}

}  // namespace opd
