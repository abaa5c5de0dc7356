#include "config/toml/editor.hpp"
#include "tests/config/toml/toml_edits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

/// The text of an inline value of `[[a]]`.
std::string changed_value(std::string_view written, std::string_view before, std::string_view after) {
    const std::string text = "[[a]]\nx = " + std::string(written) + " # end\n";
    const std::string now =
        updated(text, "a", 0, R"({"x": )" + std::string(before) + "}", R"({"x": )" + std::string(after) + "}");
    return now.starts_with("[[a]]\nx = ") && now.ends_with(" # end\n") ? now.substr(10, now.size() - 17) : now;
}

}  // namespace

TEST_CASE("an inline table stays one, and keeps its spacing") {
    const auto changed = [](std::string_view written, std::string_view after) {
        return changed_value(written, R"({"A": "1", "B": "2"})", after);
    };
    CHECK(changed(R"({ A = "1", B = "2" })", R"({"A": "1", "B": "3"})") == R"({ A = "1", B = "3" })");
    CHECK(changed(R"({A="1",B='2'})", R"({"A": "1", "N": "0", "B": "3"})") == R"({A="1",N="0",B='3'})");
    CHECK(changed(R"({A='1',  B  =  '2'  })", R"({"B": "2"})") == R"({B  =  '2'  })");
    CHECK(changed(R"({ A = '1' , B = '2' })", R"({"A": "1"})") == R"({ A = '1' })");
    CHECK(changed(R"({ A = '1', B = '2' })", R"({"A": "1", "B": "2", "C": "3", "D": "it's"})") ==
          R"({ A = '1', B = '2', C = '3', D = "it's" })");
    CHECK(changed(R"({ A = "1", B = "2" })", "{}") == "{ }");
    CHECK(changed(R"({ A = "1", B = "2" })", R"({"C": {"d": [1]}})") == R"({ C = { d = [1] } })");
    CHECK(changed_value("{}", "{}", R"({"A": "1", "B": "2"})") == R"({ A = "1", B = "2" })");
    CHECK(changed_value("{  }", "{}", R"({"A": "1"})") == R"({  A = "1"  })");
    CHECK(changed_value(R"({ x = 1, A = "1", "B" = "2" })", R"({"A": "1", "B": "2"})", R"({"B": "3", "A": "1"})") ==
          R"({ x = 1, A = "1", "B" = "3" })");
}

TEST_CASE("dotted keys within an inline table") {
    const auto changed = [](std::string_view written, std::string_view after) {
        return changed_value(written, R"({"a": {"b": 1, "c": 2}, "d": 3})", after);
    };
    CHECK(changed("{ a.b = 1, a.c = 2, d = 3 }", R"({"a": {"b": 1, "c": 2}, "d": 5})") ==
          "{ a.b = 1, a.c = 2, d = 5 }");
    CHECK(changed("{ d = 3, a.b = 1, a.c = 2 }", R"({"d": 3, "a": {"b": 5, "c": 2}})") ==
          "{ d = 3, a = { b = 5, c = 2 } }");
    CHECK(changed("{ d = 3, a . b = 1, a.'c' = 2 }", R"({"d": 3, "n": 0, "a": {"b": 1, "c": 2}})") ==
          "{ d = 3, n = 0, a . b = 1, a.'c' = 2 }");
    CHECK(changed("{ d = 3, a.b = 1, a.c = 2 }", R"({"d": 3, "a": {}})") == "{ d = 3, a = {} }");
    CHECK(changed("{ d = 3, a.b = 1, a.c = 2 }", R"({"d": 3, "a": "x"})") == "{ d = 3, a = \"x\" }");
    CHECK(changed("{ a.b = 1, a.c = 2, d = 3 }", R"({"d": 3})") == "{ d = 3 }");
}

TEST_CASE("an array in one line keeps its spacing") {
    const auto changed = [](std::string_view written, std::string_view after) {
        return changed_value(written, R"(["a", "b", "c"])", after);
    };
    CHECK(changed("['a', \"b\", 'c']", R"(["a", "x", "c"])") == "['a', \"x\", 'c']");
    CHECK(changed("['a','b','c']", R"(["a", "b", "x", "c"])") == "['a','b','x','c']");
    CHECK(changed("[ 'a', 'b', 'c', ]", R"(["a", "b", "c", "d"])") == "[ 'a', 'b', 'c', 'd', ]");
    CHECK(changed("[ 'a', 'b', 'c' ]", R"(["z", "a", "b", "c"])") == "[ 'z', 'a', 'b', 'c' ]");
    CHECK(changed("['a', 'b', 'c']", R"(["y", "z", "a", "b", "c"])") == "['y', 'z', 'a', 'b', 'c']");
    CHECK(changed("['a', 'b', 'c']", R"(["b", "c"])") == "['b', 'c']");
    CHECK(changed("[ 'a' , 'b', 'c' ]", R"(["a", "c"])") == "[ 'a', 'c' ]");
    CHECK(changed("[ 'a' , 'b', 'c' ]", R"(["a"])") == "[ 'a' ]");
    CHECK(changed("['a', 'b', 'c']", "[]") == "[]");
    CHECK(changed("['a', 'b', 'c']", R"([1, {"x": [true]}])") == "[1, { x = [true] }]");
    CHECK(changed_value("[]", "[]", R"(["a", 1])") == R"(["a", 1])");
    CHECK(changed_value("[ ]", "[]", R"(["a", 1])") == R"([ "a", 1 ])");
    CHECK(changed_value("['a']", R"(["a"])", R"(["a", "b"])") == "['a', 'b']");
    CHECK(changed_value("[{b = 1}, [2, 3]]", R"([{"b": 1}, [2, 3]])", R"([{"b": 1, "c": 2}, [2, 4]])") ==
          "[{b = 1, c = 2}, [2, 4]]");
    CHECK(changed_value("[1, 2]", "[1, 2, 3]", "[1]") == "[1]");
}

TEST_CASE("an array in several lines keeps its lines, and the comments beside what stays") {
    const std::string_view written =
        "[ # the flags\n"
        "  \"a\",\n"
        "  # about b\n"
        "  \"b\", # b\n"
        "\n"
        "  \"c\"  # c\n"
        "  # end\n"
        "]";
    const auto changed = [written](std::string_view after) {
        return changed_value(written, R"(["a", "b", "c"])", after);
    };
    CHECK(changed(R"(["a", "x", "c"])") ==
          "[ # the flags\n  \"a\",\n  # about b\n  \"x\", # b\n\n  \"c\"  # c\n  # end\n]");
    CHECK(changed(R"(["a", "b", "c", "d"])") ==
          "[ # the flags\n  \"a\",\n  # about b\n  \"b\", # b\n\n  \"c\",  # c\n  \"d\"\n  # end\n]");
    CHECK(changed(R"(["a", "b", "n", "m", "c"])") ==
          "[ # the flags\n  \"a\",\n  # about b\n  \"b\", # b\n  \"n\",\n  \"m\",\n\n  \"c\"  # c\n  # end\n]");
    CHECK(changed(R"(["n", "a", "b", "c"])") ==
          "[ # the flags\n  \"n\",\n  \"a\",\n  # about b\n  \"b\", # b\n\n  \"c\"  # c\n  # end\n]");
    CHECK(changed(R"(["b", "c"])") == "[ # the flags\n  # about b\n  \"b\", # b\n\n  \"c\"  # c\n  # end\n]");
    CHECK(changed(R"(["a", "c"])") == "[ # the flags\n  \"a\",\n  # about b\n\n  \"c\"  # c\n  # end\n]");
    CHECK(changed(R"(["a", "b"])") == "[ # the flags\n  \"a\",\n  # about b\n  \"b\" # b\n  # end\n]");
    CHECK(changed("[]") == "[ # the flags\n  # about b\n  # end\n]");
    CHECK(changed_value("[ # none\n  # \"x\",\n]", "[]", R"(["a", "b"])") ==
          "[ # none\n  # \"x\",\n  \"a\",\n  \"b\"\n]");
    CHECK(changed_value("[\n]", "[]", R"(["a"])") == "[\n    \"a\"\n]");
    CHECK(changed_value("[ 'a', # c\n 'b' ]", R"(["a", "b"])", R"(["a"])") == "[ 'a' # c\n ]");
    CHECK(changed_value("[ 'a', # c\n 'b', 'd' ]", R"(["a", "b", "d"])", R"(["a", "d"])") == "[ 'a', # c\n 'd' ]");
    CHECK(changed_value("[ 'a'\n, 'b' # c\n]", R"(["a", "b"])", R"(["a", "b", "d"])") == "[ 'a', 'b', # c\n 'd'\n]");
    CHECK(changed_value("[\n 'a' # a\n , 'b'\n]", R"(["a", "b"])", R"(["a"])") == "[\n 'a' # a\n]");
}

TEST_CASE("new elements of an array end their lines as the file does") {
    CHECK(updated("[[a]]\r\nx = [\r\n  1\r\n]\r\n", "a", 0, R"({"x": [1]})", R"({"x": [1, 2]})") ==
          "[[a]]\r\nx = [\r\n  1,\r\n  2\r\n]\r\n");
    CHECK(updated("[[a]]\r\nx = [ # c\r\n]\r\n", "a", 0, R"({"x": []})", R"({"x": [1, 2]})") ==
          "[[a]]\r\nx = [ # c\r\n    1,\r\n    2\r\n]\r\n");
}

TEST_CASE("dotted keys stay dotted keys") {
    const std::string_view text =
        "[[a]]\n"
        "name = 'x'\n"
        "launch_config.yolo = true # y\n"
        "'launch_config' . flags = ['a']\n"
        "z = 1\n";
    const std::string before = R"({"name": "x", "launch_config": {"yolo": true, "flags": ["a"]}, "z": 1})";
    const auto changed = [&](std::string_view launch_config) {
        return updated(text, "a", 0, before,
                       R"({"name": "x", "launch_config": )" + std::string(launch_config) + R"(, "z": 1})");
    };
    CHECK(changed(R"({"yolo": false, "flags": ["a", "b"]})") ==
          "[[a]]\nname = 'x'\nlaunch_config.yolo = false # y\n'launch_config' . flags = ['a', 'b']\nz = 1\n");
    CHECK(changed(R"({"yolo": true, "docker": {"image": "i"}, "flags": ["a"], "mode": "m"})") ==
          "[[a]]\nname = 'x'\nlaunch_config.yolo = true # y\n'launch_config' . docker = { image = 'i' }\n"
          "'launch_config' . flags = ['a']\n'launch_config' . mode = 'm'\nz = 1\n");
    CHECK(changed(R"({"flags": ["a"]})") == "[[a]]\nname = 'x'\n'launch_config' . flags = ['a']\nz = 1\n");
    CHECK(changed("{}") == "[[a]]\nname = 'x'\nlaunch_config = {}\nz = 1\n");
    CHECK(changed("3") == "[[a]]\nname = 'x'\nlaunch_config = 3\nz = 1\n");
    CHECK(updated(text, "a", 0, before, R"({"name": "x", "z": 1})") == "[[a]]\nname = 'x'\nz = 1\n");
    CHECK(updated(text, "a", 0, R"({"launch_config": {"yolo": true}})", R"({"launch_config": {}})") ==
          "[[a]]\nname = 'x'\n'launch_config' . flags = ['a']\nz = 1\n");
}

TEST_CASE("a table with dotted keys at the top level keeps that form") {
    const std::string_view text = "# c\nllm_tools.default_tool = \"claude\"\nother.x = 1\n\n[queue]\n";
    CHECK(updated_table(text, "llm_tools", R"({"default_tool": "claude"})",
                        R"({"default_tool": "codex", "default_model": "m"})") ==
          "# c\nllm_tools.default_tool = \"codex\"\nllm_tools.default_model = \"m\"\nother.x = 1\n\n[queue]\n");
    CHECK(updated_table("llm_tools = { default_tool = \"a\" } # c\n", "llm_tools", R"({"default_tool": "a"})",
                        R"({"default_tool": "b", "default_model": "m"})") ==
          "llm_tools = { default_tool = \"b\", default_model = \"m\" } # c\n");
}

TEST_CASE("tables with headers are changed in place, wherever they stand") {
    const std::string_view text =
        "[[a]]\n"
        "name = 'x'\n"
        "\n"
        "  # the environment\n"
        "  [a.env] # e\n"
        "  A = '1' # one\n"
        "\n"
        "[queue]\n"
        "x = 1\n"
        "\n"
        "[a.props.deep]\n"
        "d = 1\n"
        "# end\n";
    const std::string before = R"({"name": "x", "env": {"A": "1"}, "props": {"deep": {"d": 1}}})";
    CHECK(updated(text, "a", 0, before,
                  R"({"name": "x", "env": {"A": "2", "B": "3"}, "props": {"deep": {"d": 2, "e": 3}}})") ==
          "[[a]]\nname = 'x'\n\n  # the environment\n  [a.env] # e\n  A = '2' # one\n  B = '3'\n\n[queue]\nx = 1\n\n"
          "[a.props.deep]\nd = 2\ne = 3\n# end\n");
    CHECK(updated(text, "a", 0, before, R"({"name": "x", "env": {}, "props": {"deep": {}}})") ==
          "[[a]]\nname = 'x'\n\n  # the environment\n  [a.env] # e\n\n[queue]\nx = 1\n\n[a.props.deep]\n# end\n");
    CHECK(updated(text, "a", 0, before, R"({"name": "x", "props": {"deep": {"d": 1}}})") ==
          "[[a]]\nname = 'x'\n\n  # the environment\n\n[queue]\nx = 1\n\n[a.props.deep]\nd = 1\n# end\n");
    CHECK(updated(text, "a", 0, before, R"({"name": "x", "env": {"A": "1"}})") ==
          "[[a]]\nname = 'x'\n\n  # the environment\n  [a.env] # e\n  A = '1' # one\n\n[queue]\nx = 1\n\n# end\n");
    CHECK(updated(text, "a", 0, before, R"({"name": "x", "env": "none", "props": {}})") ==
          "[[a]]\nname = 'x'\nenv = 'none'\nprops = {}\n\n  # the environment\n\n[queue]\nx = 1\n\n# end\n");
}

TEST_CASE("a table of which only tables within have headers gets one of its own when it needs one") {
    const std::string_view text = "[[a]]\nname = 'x'\n\n# deep\n  [ a . 'props' . deep ]\n  d = 1\n\n[queue]\n";
    CHECK(updated(text, "a", 0, R"({"name": "x", "props": {"deep": {"d": 1}}})",
                  R"({"name": "x", "props": {"y": 1, "deep": {"d": 1}, "z": {"n": 2}}})") ==
          "[[a]]\nname = 'x'\n\n  [a . 'props']\n  y = 1\n  z = { n = 2 }\n\n# deep\n  [ a . 'props' . deep ]\n  d = "
          "1\n\n"
          "[queue]\n");
    CHECK(updated_table("[llm_tools.x]\ny = 1\n", "llm_tools", R"({"x": {"y": 1}})", R"({"x": {"y": 1}, "d": 2})") ==
          "[llm_tools]\nd = 2\n\n[llm_tools.x]\ny = 1\n");
}

TEST_CASE("arrays of tables within a table") {
    const std::string_view text =
        "[[a]]\nname = 'x'\n"
        "\n# one\n[[a.stops]]\nat = 1\n"
        "\n# two\n[[a.stops]]\nat = 2\n[a.stops.more]\nm = 1\n"
        "\n# three\n[[a.stops]]\nat = 3\n"
        "\n[queue]\n";
    const auto changed = [text](std::string_view stops) {
        return updated(text, "a", 0, R"({"stops": [{"at": 1}, {"at": 2, "more": {"m": 1}}, {"at": 3}]})",
                       R"({"stops": )" + std::string(stops) + "}");
    };
    CHECK(changed(R"([{"at": 1}, {"at": 2, "more": {"m": 5}}, {"at": 3}])") ==
          "[[a]]\nname = 'x'\n\n# one\n[[a.stops]]\nat = 1\n\n# two\n[[a.stops]]\nat = 2\n[a.stops.more]\nm = 5\n"
          "\n# three\n[[a.stops]]\nat = 3\n\n[queue]\n");
    CHECK(changed(R"([{"at": 1}, {"at": 3}])") ==
          "[[a]]\nname = 'x'\n\n# one\n[[a.stops]]\nat = 1\n\n# two\n\n# three\n[[a.stops]]\nat = 3\n\n[queue]\n");
    CHECK(changed(R"([{"at": 1}, {"at": 2, "more": {"m": 1}}, {"at": 3}, {"at": 4, "more": {"m": 2}}])") ==
          "[[a]]\nname = 'x'\n\n# one\n[[a.stops]]\nat = 1\n\n# two\n[[a.stops]]\nat = 2\n[a.stops.more]\nm = 1\n"
          "\n# three\n[[a.stops]]\nat = 3\n\n[[a.stops]]\nat = 4\n[a.stops.more]\nm = 2\n\n[queue]\n");
    CHECK(changed(R"([{"at": 1}, {"at": 0}, {"at": 2, "more": {"m": 1}}, {"at": 3}])") ==
          "[[a]]\nname = 'x'\n\n# one\n[[a.stops]]\nat = 1\n\n[[a.stops]]\nat = 0\n\n# two\n[[a.stops]]\nat = 2\n"
          "[a.stops.more]\nm = 1\n\n# three\n[[a.stops]]\nat = 3\n\n[queue]\n");
    CHECK(changed(R"([{"at": 0}, {"at": 1}, {"at": 2, "more": {"m": 1}}, {"at": 3}])") ==
          "[[a]]\nname = 'x'\n\n# one\n[[a.stops]]\nat = 0\n\n# two\n[[a.stops]]\nat = 1\n"
          "\n# three\n[[a.stops]]\nat = 2\n[a.stops.more]\nm = 1\n\n[[a.stops]]\nat = 3\n\n[queue]\n");
    CHECK(changed("[]") == "[[a]]\nname = 'x'\nstops = []\n\n# one\n\n[queue]\n");
    CHECK(changed("[1]") == "[[a]]\nname = 'x'\nstops = [1]\n\n# one\n\n[queue]\n");
}

TEST_CASE("a member changes its type in place where it is a pair") {
    CHECK(changed_value("1", "1", R"({"a": 1})") == "{ a = 1 }");
    CHECK(changed_value("{ a = 1 }", R"({"a": 1})", R"(["x"])") == "[\"x\"]");
    CHECK(changed_value("[1,\n2]", "[1, 2]", "\"x\"") == "\"x\"");
    CHECK(changed_value("2024-01-01 10:00:00", "\"2024-01-01 10:00:00\"", "\"later\"") == "\"later\"");
}

TEST_CASE("a new table within an element is written as its neighbours have it") {
    const auto with_env = [](std::string_view rest) {
        return updated("[[a]]\nname = 'x'\n\n" + std::string(rest), "a", 0, R"({"name": "x"})",
                       R"({"name": "x", "env": {"A": "1", "B": {"c": 1}}})");
    };
    CHECK(with_env("# b\n[[b]]\n") == "[[a]]\nname = 'x'\nenv = { A = '1', B = { c = 1 } }\n\n# b\n[[b]]\n");
    CHECK(with_env("[[a]]\nenv={}\n") == "[[a]]\nname = 'x'\nenv = { A = '1', B = { c = 1 } }\n\n[[a]]\nenv={}\n");
    CHECK(with_env("[[a]]\nname='y'\n  [ a . 'env' ] # their\n    C='3'\n") ==
          "[[a]]\nname = 'x'\n  [ a . 'env' ]\n    A='1'\n    B={ c=1 }\n\n"
          "[[a]]\nname='y'\n  [ a . 'env' ] # their\n    C='3'\n");
    CHECK(with_env("[[a]]\nname='y'\n\n[a.env]\n[[a]]\nenv = {}\n") ==
          "[[a]]\nname = 'x'\n\n[a.env]\nA='1'\nB={ c=1 }\n\n[[a]]\nname='y'\n\n[a.env]\n[[a]]\nenv = {}\n");
    CHECK(updated("[[a]]\nenv = {}\n[[a]]\n[a.env]\n[[a]]\nn = 1\n[[a]]\nx = 1\n[[a]]\n[a.env]\n", "a", 2,
                  R"({"n": 1})", R"({"n": 1, "env": {}})") ==
          "[[a]]\nenv = {}\n[[a]]\n[a.env]\n[[a]]\nn = 1\n[a.env]\n[[a]]\nx = 1\n[[a]]\n[a.env]\n");
}

TEST_CASE("a new table of the last element stands before the foreign tables that follow") {
    CHECK(updated("[[a]]\nn=1\n[a.env]\nA=1\n\n[[a]]\nn=2\n# note\n\n# queue\n[queue]\n\n[a.other]\nz=1\n", "a", 1,
                  R"({"n": 2, "other": {"z": 1}})", R"({"n": 2, "env": {"A": 2}, "other": {"z": 1}})") ==
          "[[a]]\nn=1\n[a.env]\nA=1\n\n[[a]]\nn=2\n# note\n[a.env]\nA=2\n\n# queue\n[queue]\n\n[a.other]\nz=1\n");
}

TEST_CASE("a table that is not there is made at the end of the text") {
    const auto with_tools = [](std::string_view text) {
        return updated_table(text, "llm_tools", "{}", R"({"default_tool": "claude", "default_model": "m"})");
    };
    const std::string table = "[llm_tools]\ndefault_tool = \"claude\"\ndefault_model = \"m\"\n";
    CHECK(with_tools("") == table);
    CHECK(with_tools("\xEF\xBB\xBF") == "\xEF\xBB\xBF" + table);
    CHECK(with_tools("# c\n") == "# c\n\n" + table);
    CHECK(with_tools("[q]\n\n\n") == "[q]\n\n" + table + "\n\n");
    CHECK(with_tools("[q]\r\nx   = 'y'\r\nlong= 1") ==
          "[q]\r\nx   = 'y'\r\nlong= 1\r\n\r\n[llm_tools]\r\ndefault_tool  = 'claude'\r\ndefault_model = 'm'");
    CHECK(with_tools("[q]\nx=1\n# end") ==
          "[q]\nx=1\n# end\n\n[llm_tools]\ndefault_tool=\"claude\"\ndefault_model=\"m\"");
    CHECK(updated_table("[a]\n", "a", "{}", R"({"b": {"c": 1}})") == "[a]\nb = { c = 1 }\n");
}

TEST_CASE("elements of an inline array of tables") {
    const std::string_view text =
        "model_servers = [\n  { name = 'a', env = { A = '1' } }, # one\n  { name = 'b' },\n]\n";
    CHECK(updated(text, "model_servers", 0, R"({"name": "a", "env": {"A": "1"}})",
                  R"({"name": "a", "url": "u", "env": {}})") ==
          "model_servers = [\n  { name = 'a', url = 'u', env = { } }, # one\n  { name = 'b' },\n]\n");
    CHECK(updated(text, "model_servers", 1, "{}", R"({"env": {"B": "2"}})") ==
          "model_servers = [\n  { name = 'a', env = { A = '1' } }, # one\n  { name = 'b', env = { B = '2' } },\n]\n");
}

}  // namespace opd
