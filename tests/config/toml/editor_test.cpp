#include "config/toml/editor.hpp"

#include "config/toml/parse.hpp"
#include "tests/config/toml/toml_edits.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace opd {
namespace {

namespace json = boost::json;

}  // namespace

TEST_CASE("of a changed value only its bytes are replaced") {
    CHECK(updated("# top\n"
                  "[[model_servers]]   # the first\n"
                  "name     = \"a\"\n"
                  "base_url = \"http://old\"     # on the lab's machine\n"
                  "  port = 1\t# odd\n"
                  "\n"
                  "# next\n"
                  "[queue]\n"
                  "x=1\n",
                  "model_servers", 0, R"({"name": "a", "base_url": "http://old", "port": 1})",
                  R"({"name": "a", "base_url": "http://new:8080/v1", "port": 22})") ==
          "# top\n"
          "[[model_servers]]   # the first\n"
          "name     = \"a\"\n"
          "base_url = \"http://new:8080/v1\"     # on the lab's machine\n"
          "  port = 22\t# odd\n"
          "\n"
          "# next\n"
          "[queue]\n"
          "x=1\n");
}

TEST_CASE("equal members are not touched, however they are written") {
    const std::string_view text =
        "[[delegators]]\n"
        "big = 1_000\nhex = 0xFF\nreal = 1.50\nwhole = 2.0\n'key' = '''x'''\nday = 2024-01-02\n"
        "model_properties = {b=1,   a = [ 1,2 ]}\n";
    const std::string_view model = R"({"model_properties": {"a": [1, 2.0], "b": 1.0}, "big": 1000, "hex": 255,
                                      "real": 1.5, "whole": 2, "key": "x", "day": "2024-01-02"})";
    CHECK(updated(text, "delegators", 0, model, model) == text);
    CHECK(updated(text, "delegators", 0, "{}", "{}") == text);
}

TEST_CASE("a changed text keeps its kind of quotes as far as they can hold it") {
    const auto with = [](std::string_view value, std::string_view after) {
        const std::string text = "[[delegators]]\nmodel = " + std::string(value) + " # c\n";
        const json::object now{{"model", after}};
        const auto edited = update_element(source_text("f", text), "delegators", 0, {{"model", "something else"}}, now);
        REQUIRE(edited.has_value());
        const source_text source("f", *edited);
        const auto root = parse_toml(source);
        REQUIRE(root.has_value());
        CHECK(to_json(root->find("delegators")->children[0]) == json::value(now));
        return edited->substr(23, edited->size() - 23 - 5);
    };
    CHECK(with("'old'", "new") == "'new'");
    CHECK(with("'old'", "C:\\dir\t\"x\"") == "'C:\\dir\t\"x\"'");
    CHECK(with("'old'", "it's") == "\"it's\"");
    CHECK(with("'old'", "a\nb") == "\"a\\nb\"");
    CHECK(with("\"old\"", "a\"b\\c\td\r\n\x01\x7f") == "\"a\\\"b\\\\c\\td\\r\\n\\u0001\\u007F\"");
    CHECK(with("\"old\"", "Zürich 東京 😀") == "\"Zürich 東京 😀\"");
    CHECK(with("\"\"\"\nold\n\"\"\"", "one line") == "\"one line\"");
    CHECK(with("\"\"\"\nold\n\"\"\"", "a\n  b\\ \"\"\" \"q\"\n\"") ==
          "\"\"\"\na\n  b\\\\ \\\"\\\"\" \"q\"\n\\\"\"\"\"");
    CHECK(with("\"\"\"old\"\"\"", "\na\nb") == "\"\"\"\n\na\nb\"\"\"");
    CHECK(with("'''\nold'''", "a\\\nb''c\n") == "'''\na\\\nb''c\n'''");
    CHECK(with("'''\nold'''", "a\n'") == "\"\"\"\na\n'\"\"\"");
    CHECK(with("'''\nold'''", "a'''\nb") == "\"\"\"\na'''\nb\"\"\"");
    CHECK(with("'''\nold'''", "one 'line") == "\"one 'line\"");
}

TEST_CASE("values of all types are written so that they read back") {
    struct {
        json::value value;
        std::string_view written;
    } const samples[] = {
        {"x", "\"x\""},
        {true, "true"},
        {false, "false"},
        {0, "0"},
        {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
        {std::uint64_t{7}, "7"},
        {1.0, "1.0"},
        {-0.0, "-0.0"},
        {0.1, "0.1"},
        {1e22, "1e+22"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {123456789.125, "123456789.125"},
        {json::array{}, "[]"},
        {json::array{1, "a", json::array{true}}, "[1, \"a\", [true]]"},
        {json::object{}, "{}"},
        {json::object{{"a b", 1}, {"c", json::object{{"d", "e"}}}}, "{ \"a b\" = 1, c = { d = \"e\" } }"},
    };

    for (const auto& sample : samples) {
        CAPTURE(sample.written);
        const json::object after{{"name", "n"}, {"model_properties", json::object{{"x", sample.value}}}};
        const source_text source("f", "[[delegators]]\nname = \"n\"\n");
        const auto edited = update_element(source, "delegators", 0, {{"name", "n"}}, after);
        REQUIRE(edited.has_value());
        CHECK(*edited ==
              "[[delegators]]\nname = \"n\"\nmodel_properties = { x = " + std::string(sample.written) + " }\n");
        const source_text again("f", *edited);
        const auto root = parse_toml(again);
        REQUIRE(root.has_value());
        CHECK(to_json(root->find("delegators")->children[0]) == json::value(after));
    }
}

TEST_CASE("a value that TOML cannot say is refused") {
    const source_text source("operator.toml", "[[delegators]]\nname = \"n\"\n");
    const json::object large{{"model_properties", {{"seed", std::numeric_limits<std::uint64_t>::max()}}}};
    CHECK(update_element(source, "delegators", 0, {}, large).error().headline() ==
          "operator.toml: model_properties: the number 18446744073709551615 is too large for TOML");
    CHECK(append_element(source, "delegators", large).error().hint == "use at most 9223372036854775807");
    CHECK(append_element(source, "delegators", {{"model", nullptr}}).error().headline() ==
          "operator.toml: model: TOML has no null");
}

TEST_CASE("a new member stands behind the one that precedes it") {
    const std::string_view text =
        "[[model_servers]]\n"
        "name = \"a\" # the name\n"
        "# the kind\n"
        "kind = \"ollama\"\n"
        "unknown = [\n  1, # one\n]\n"
        "\n"
        "[model_servers.extra_env]\n"
        "A = \"1\"\n"
        "\n"
        "[queue]\n";
    const std::string before = R"({"name": "a", "kind": "ollama", "extra_env": {"A": "1"}})";
    CHECK(updated(text, "model_servers", 0, before,
                  R"({"name": "a", "base_url": "u", "api_key_env": "K", "kind": "ollama", "extra_env": {"A": "1"},
                      "display_name": "D"})") ==
          "[[model_servers]]\n"
          "name = \"a\" # the name\n"
          "base_url = \"u\"\n"
          "api_key_env = \"K\"\n"
          "# the kind\n"
          "kind = \"ollama\"\n"
          "display_name = \"D\"\n"
          "unknown = [\n  1, # one\n]\n"
          "\n"
          "[model_servers.extra_env]\n"
          "A = \"1\"\n"
          "\n"
          "[queue]\n");
    CHECK(updated(text, "model_servers", 0, before,
                  R"({"zone": 1, "name": "a", "kind": "ollama", "extra_env": {"Z": "0", "A": "1", "B": "2"}})") ==
          "[[model_servers]]\n"
          "name = \"a\" # the name\n"
          "# the kind\n"
          "kind = \"ollama\"\n"
          "unknown = [\n  1, # one\n]\n"
          "zone = 1\n"
          "\n"
          "[model_servers.extra_env]\n"
          "A = \"1\"\n"
          "B = \"2\"\n"
          "Z = \"0\"\n"
          "\n"
          "[queue]\n");
}

TEST_CASE("a new member imitates indentation, spacing, alignment and quotes") {
    const auto with_url = [](std::string_view text, std::string_view key = "url") {
        return updated(text, "model_servers", 0, R"({"name": "a"})",
                       R"({"name": "a", ")" + std::string(key) + R"(": "u"})");
    };
    CHECK(with_url("[[model_servers]]\nname=\"a\"\nx=1\n") == "[[model_servers]]\nname=\"a\"\nurl=\"u\"\nx=1\n");
    CHECK(with_url("[[model_servers]]\n\t name\t=  'a'\n") == "[[model_servers]]\n\t name\t=  'a'\n\t url\t=  'u'\n");
    CHECK(with_url("[[model_servers]]\nname = 'a'\nx = \"b\"\n") ==
          "[[model_servers]]\nname = 'a'\nurl = \"u\"\nx = \"b\"\n");
    CHECK(with_url("[[model_servers]]\nname    = \"a\"\nkind    = 1\napi_key = 2\n") ==
          "[[model_servers]]\nname    = \"a\"\nurl     = \"u\"\nkind    = 1\napi_key = 2\n");
    CHECK(with_url("[[model_servers]]\nname    = \"a\"\napi_key = 2\n", "display_name") ==
          "[[model_servers]]\nname    = \"a\"\ndisplay_name = \"u\"\napi_key = 2\n");
    CHECK(with_url("[[model_servers]]\nname   =\"a\"\napi_key=2\n", "display_name") ==
          "[[model_servers]]\nname   =\"a\"\ndisplay_name=\"u\"\napi_key=2\n");
    CHECK(with_url("[[model_servers]]\nname         = \"a\"\n") ==
          "[[model_servers]]\nname         = \"a\"\nurl          = \"u\"\n");
    CHECK(with_url("[[model_servers]]\nname    = \"a\"\nkind = 1\n") ==
          "[[model_servers]]\nname    = \"a\"\nurl = \"u\"\nkind = 1\n");
    CHECK(with_url("[[model_servers]]\n\"größe\" = 1\nname    = \"a\"\n") ==
          "[[model_servers]]\n\"größe\" = 1\nname    = \"a\"\nurl     = \"u\"\n");
    CHECK(with_url("[[model_servers]]\nname = \"a\"\n", "a key") ==
          "[[model_servers]]\nname = \"a\"\n\"a key\" = \"u\"\n");
}

TEST_CASE("a removed member goes with its lines and the comment behind it") {
    CHECK(updated("[[model_servers]]\n"
                  "name = \"a\"\n"
                  "# about the url\n"
                  "base_url = \"\"\"\n[[model_servers]]\nname = 1 # \"\"\" # gone\n"
                  "api_key_env = \"K\" # gone, too\n"
                  "list = [\n  1,\n]\n"
                  "display_name = \"D\"\n",
                  "model_servers", 0,
                  R"({"name": "a", "base_url": "x", "api_key_env": "K", "list": [1], "display_name": "D"})",
                  R"({"name": "a", "display_name": "D"})") ==
          "[[model_servers]]\n"
          "name = \"a\"\n"
          "# about the url\n"
          "display_name = \"D\"\n");
}

TEST_CASE("line ends, the byte order mark and a missing last line break stay") {
    const std::string crlf = "\xEF\xBB\xBF[[model_servers]]\r\nname = \"a\"\r\nurl = 'x' # c\r\n# end";
    CHECK(updated(crlf, "model_servers", 0, R"({"name": "a", "url": "x"})",
                  R"({"name": "b", "kind": "k", "url": "y"})") ==
          "\xEF\xBB\xBF[[model_servers]]\r\nname = \"b\"\r\nkind = \"k\"\r\nurl = 'y' # c\r\n# end");
    CHECK(updated(crlf, "model_servers", 0, R"({"name": "a", "url": "x"})", R"({"name": "a"})") ==
          "\xEF\xBB\xBF[[model_servers]]\r\nname = \"a\"\r\n# end");
    const std::string_view dotted = "\xEF\xBB\xBFt.x = 1";
    CHECK(updated_table(dotted, "t", R"({"x": 1})", R"({"x": 1, "y": 2})") == "\xEF\xBB\xBFt.x = 1\nt.y = 2");
    CHECK(updated_table(dotted, "t", R"({"x": 1})", R"({"y": 2})") == "\xEF\xBB\xBFt.y = 2");
    CHECK(updated("[[model_servers]]\r\nname = \"a\"", "model_servers", 0, R"({"name": "a"})",
                  R"({"name": "a", "n": 2})") == "[[model_servers]]\r\nname = \"a\"\r\nn = 2");
    CHECK(updated("[[model_servers]]\nname = \"a\"\nn = 2", "model_servers", 0, R"({"name": "a", "n": 2})",
                  R"({"name": "a"})") == "[[model_servers]]\nname = \"a\"");
}

TEST_CASE("a table is found however its header is spelled, and nowhere else") {
    CHECK(updated("  [[ 'model_servers' ]] # [[x]]\n\"na\\u006De\" = 1\n\t[[\"model_servers\"]]\nname = 2\n",
                  "model_servers", 0, R"({"name": 1})", R"({"name": 3})") ==
          "  [[ 'model_servers' ]] # [[x]]\n\"na\\u006De\" = 3\n\t[[\"model_servers\"]]\nname = 2\n");
    CHECK(updated_table("x = '''\n[llm_tools]\na = 1\n'''\n# [llm_tools]\n[llm_tools]\na = 1\n[llm_toolsx]\na = 1\n",
                        "llm_tools", R"({"a": 1})", R"({"a": 2, "b": 1})") ==
          "x = '''\n[llm_tools]\na = 1\n'''\n# [llm_tools]\n[llm_tools]\na = 2\nb = 1\n[llm_toolsx]\na = 1\n");
}

TEST_CASE("a change of a table that is not there is refused") {
    CHECK(updated("[[model_servers]]\nname = 1\n", "model_servers", 1, "{}", R"({"name": 2})") ==
          "operator.toml: there is no table model_servers[1]\n"
          "   edit this by hand");
    CHECK(updated("x = 1\nmodel_servers = [\n  {name = 1}]\n", "model_servers", 1, "{}", R"({"name": 2})") ==
          "operator.toml:2:17: there is no table model_servers[1] here\n"
          "   2 | model_servers = [\n"
          "     |                 ^\n"
          "   edit this by hand");
    CHECK(updated("x = 1\n", "x", 0, "{}", R"({"name": 2})") ==
          "operator.toml:1:5: x is not an array of tables here\n"
          "   1 | x = 1\n"
          "     |     ^\n"
          "   edit this by hand");
}

}  // namespace opd
