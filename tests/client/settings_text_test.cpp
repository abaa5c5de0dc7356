#include "client/settings_text.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace opd;
namespace json = boost::json;

namespace {

using path = std::vector<std::string>;

std::string set(std::string_view text, const path& where, const json::value& value) {
    return with_setting(text, where, &value);
}

std::string without(std::string_view text, const path& where) { return with_setting(text, where, nullptr); }

}  // namespace

TEST_CASE("settings are read with comments, and what is none says why") {
    const auto read = read_settings("\xEF\xBB\xBF// mine\n{\"a\": 1, /* b */}");
    REQUIRE(read.has_value());
    CHECK(*read == json::object{{"a", 1}});
    CHECK(read_settings(" \n")->empty());
    CHECK(read_settings("[]").error() == "it is something else");
    CHECK(read_settings("{").error() == "incomplete JSON");
}

TEST_CASE("a setting is changed where it stands, and nothing else is") {
    const std::string text =
        "\xEF\xBB\xBF// mine\n{\n    \"ui\": { /* look */ \"theme\": \"da//rk\", \"x\": [1, {\"y\": \"}\"}] },  // "
        "end\n"
        "    \"a\\u0062\": 1e3\n}\n";
    std::string expected = text;
    expected.replace(expected.find("\"da//rk\""), 8, "\"light\"");
    CHECK(set(text, {"ui", "theme"}, "light") == expected);
    CHECK(set(text, {"ab"}, true).find("\"a\\u0062\": true\n}\n") != std::string::npos);
    CHECK(set("{\"a\":{\"b\":1}}", {"a"}, 5) == "{\"a\":5}");
    CHECK(set("{\"a\":5}", {"a", "b", "c"}, 1) == "{\"a\":{\n  \"b\": {\n    \"c\": 1\n  }\n}}");
}

TEST_CASE("a setting that is new comes last, as the others are laid out") {
    CHECK(set("", {"a", "b"}, "x") == "{\n  \"a\": {\n    \"b\": \"x\"\n  }\n}\n");
    CHECK(set("// none\n{}\n", {"a"}, 1) == "// none\n{\n  \"a\": 1\n}\n");
    CHECK(set("{\"a\": 1}", {"b"}, 2) == "{\"a\": 1, \"b\": 2}");
    CHECK(set("{\n    \"a\": 1\n}", {"b"}, json::object{{"c", json::object()}}) ==
          "{\n    \"a\": 1,\n    \"b\": {\n      \"c\": {}\n    }\n}");
    CHECK(set("{\n\t\"a\": {\n\t},\n}", {"a", "b"}, 1) == "{\n\t\"a\": {\n   \"b\": 1\n },\n}");
    CHECK(set("{\n  \"a\": 1,\n}", {"b"}, 2) == "{\n  \"a\": 1,\n  \"b\": 2,\n}");
}

TEST_CASE("a setting is taken out with its comma") {
    CHECK(without("{\"a\": 1, \"b\": 2}", {"a"}) == "{\"b\": 2}");
    CHECK(without("{\"a\": 1, \"b\": 2}", {"b"}) == "{\"a\": 1}");
    CHECK(without("{ \"a\": {\"b\": 2} }", {"a", "b"}) == "{ \"a\": {} }");
    CHECK(without("{\"a\": 1}", {"b"}) == "{\"a\": 1}");
    CHECK(without("{\"a\": 1}", {"a", "b"}) == "{\"a\": 1}");
    CHECK(without("", {"a"}).empty());
}
