#include "config/toml/tree_compare.hpp"

#include "config/toml/json.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string_view>

namespace opd {
namespace {

toml_node tree_of(std::string_view text) {
    const source_text source("f", text);
    auto root = parse_toml(source);
    REQUIRE(root.has_value());
    return *std::move(root);
}

bool same(std::string_view a, std::string_view b) {
    return same_tree(tree_of(a), tree_of(b));
}

bool kept(std::string_view old_text, std::string_view new_text, std::string_view wanted) {
    const toml_node was = tree_of(old_text);
    const toml_node is = tree_of(new_text);
    return kept_in_place(was, is, to_json_object(was), to_json_object(tree_of(wanted)));
}

}  // namespace

TEST_CASE("documents are the same wherever and however their values are written") {
    CHECK(same("a = 1\n[b]\nc = 'x'\n", "# moved\n\na=0x1\n[ b ]\nc = \"x\"\n"));
    CHECK(same("a = { b = 1 }\n", "[a]\nb = 1\n"));
    CHECK(same("a = nan\nb = 1.50\n", "a = -nan\nb = 1.5\n"));
    CHECK_FALSE(same("a = 1\n", "a = 1.0\n"));
    CHECK_FALSE(same("a = 1.0\n", "a = 2.0\n"));
    CHECK_FALSE(same("a = 1979-05-27\n", "a = '1979-05-27'\n"));
    CHECK_FALSE(same("a = 1979-05-27\n", "a = 1979-05-28\n"));
    CHECK_FALSE(same("a = [1, 2]\n", "a = [2, 1]\n"));
    CHECK_FALSE(same("a = true\n", "a = false\n"));
    CHECK_FALSE(same("a = 1\nb = 2\n", "b = 2\na = 1\n"));
    CHECK_FALSE(same("a = {}\n", "a = []\n"));
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
