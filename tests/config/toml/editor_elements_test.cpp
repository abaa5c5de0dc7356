#include "config/toml/editor.hpp"
#include "tests/config/toml/toml_edits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

constexpr std::string_view server = R"({"name": "new", "kind": "ollama", "extra_env": {"A": "1"}})";

std::string with_server(std::string_view text) { return appended(text, "model_servers", server); }

}  // namespace

TEST_CASE("the first element of an array stands at the end of the text") {
    const std::string block = "[[model_servers]]\nname = \"new\"\nkind = \"ollama\"\nextra_env = { A = \"1\" }\n";
    CHECK(with_server("") == block);
    CHECK(with_server("\n\n") == block + "\n\n");
    CHECK(with_server("\xEF\xBB\xBF") == "\xEF\xBB\xBF" + block);
    CHECK(with_server("# only a comment") == "# only a comment\n\n" + block.substr(0, block.size() - 1));
    CHECK(with_server("[queue]\n# end\n\n") == "[queue]\n# end\n\n" + block + "\n");
    CHECK(with_server("[queue]\r\n  x='1'\r\n") ==
          "[queue]\r\n  x='1'\r\n\r\n[[model_servers]]\r\nname='new'\r\nkind='ollama'\r\nextra_env={ A='1' }\r\n");
    CHECK(appended("", "my servers", R"({"a b": 1, "": 2})") == "[[\"my servers\"]]\n\"a b\" = 1\n\"\" = 2\n");
}

TEST_CASE("a new element stands behind the last one, and imitates it") {
    CHECK(with_server("# servers\n"
                      "  [[ model_servers ]] # first\n"
                      "    name = 'a'\n"
                      "\n\n"
                      "  # the second\n"
                      "  [[ \"model_servers\" ]] # second\n"
                      "    name      = 'b' # b\n"
                      "    extra_env = {A='1'}\n"
                      "  # note about b\n"
                      "\n"
                      "# the queue\n"
                      "[queue]\n") ==
          "# servers\n"
          "  [[ model_servers ]] # first\n"
          "    name = 'a'\n"
          "\n\n"
          "  # the second\n"
          "  [[ \"model_servers\" ]] # second\n"
          "    name      = 'b' # b\n"
          "    extra_env = {A='1'}\n"
          "  # note about b\n"
          "\n\n"
          "  [[ \"model_servers\" ]]\n"
          "    name      = 'new'\n"
          "    kind      = 'ollama'\n"
          "    extra_env = {A='1'}\n"
          "\n"
          "# the queue\n"
          "[queue]\n");
}

TEST_CASE("an aligned element is followed by an aligned one") {
    CHECK(appended("[[model_servers]]\nname = \"a\"\nurl  = \"u\"\n", "model_servers",
                   R"({"name": "b", "display_name": "B", "a key": 1})") ==
          "[[model_servers]]\nname = \"a\"\nurl  = \"u\"\n\n"
          "[[model_servers]]\nname         = \"b\"\ndisplay_name = \"B\"\n\"a key\"      = 1\n");
    CHECK(appended("[[model_servers]]\nname         = \"a\"\ndisplay_name = \"A\"\n", "model_servers",
                   R"({"name": "b", "kind": "k"})") ==
          "[[model_servers]]\nname         = \"a\"\ndisplay_name = \"A\"\n\n"
          "[[model_servers]]\nname         = \"b\"\nkind         = \"k\"\n");
}

TEST_CASE("tables of a new element are written as the nearest element has them") {
    CHECK(with_server("[[model_servers]]\nname = \"a\"\n\n  [model_servers.\"extra_env\"] # env\n  A='1'\n"
                      "[[model_servers]]\nname = \"b\"\n[queue]\nx = 1\n") ==
          "[[model_servers]]\nname = \"a\"\n\n  [model_servers.\"extra_env\"] # env\n  A='1'\n"
          "[[model_servers]]\nname = \"b\"\n"
          "[[model_servers]]\nname = \"new\"\nkind = \"ollama\"\n\n  [model_servers.\"extra_env\"]\n  A='1'\n"
          "[queue]\nx = 1\n");
    CHECK(with_server("[[model_servers]]\nname = \"a\"\n[model_servers.extra_env]\nA = '1'\n\n"
                      "[[model_servers]]\nname = \"b\"\nextra_env = {}\n") ==
          "[[model_servers]]\nname = \"a\"\n[model_servers.extra_env]\nA = '1'\n\n"
          "[[model_servers]]\nname = \"b\"\nextra_env = {}\n\n"
          "[[model_servers]]\nname = \"new\"\nkind = \"ollama\"\nextra_env = { A = \"1\" }\n");
}

TEST_CASE("a new element stands behind what belongs to the last one, wherever that is") {
    CHECK(with_server(
              "[[model_servers]]\nname = \"a\"\n\n[queue]\nx = 1\n\n[model_servers.extra_env]\nA = \"0\"\n\n[git]\n") ==
          "[[model_servers]]\nname = \"a\"\n\n[queue]\nx = 1\n\n[model_servers.extra_env]\nA = \"0\"\n\n"
          "[[model_servers]]\nname = \"new\"\nkind = \"ollama\"\n\n[model_servers.extra_env]\nA = \"1\"\n\n[git]\n");
}

TEST_CASE("comments directly below the last element belong to it, unless they lead to the next table") {
    CHECK(appended("[[a]]\nx = 1\n# of a\n\n[b]\n", "a", R"({"x": 2})") ==
          "[[a]]\nx = 1\n# of a\n\n[[a]]\nx = 2\n\n[b]\n");
    CHECK(appended("[[a]]\nx = 1\n# of b\n[b]\n", "a", R"({"x": 2})") == "[[a]]\nx = 1\n[[a]]\nx = 2\n# of b\n[b]\n");
    CHECK(appended("[[a]]\nx = 1\n# of a\n# more", "a", R"({"x": 2})") ==
          "[[a]]\nx = 1\n# of a\n# more\n\n[[a]]\nx = 2");
    CHECK(appended("[[a]]\nx = 1\n\n# of b\n[b]\n", "a", R"({"x": 2})") ==
          "[[a]]\nx = 1\n\n[[a]]\nx = 2\n\n# of b\n[b]\n");
}

TEST_CASE("what only looks like a header is none") {
    CHECK(appended("[[a]]\nx = '''\n[[a]]\nx = 2\n# no comment '''\n\n[b]\ny = [\n[1],\n]\n# [[a]]\n", "a",
                   R"({"x": "n"})") ==
          "[[a]]\nx = '''\n[[a]]\nx = 2\n# no comment '''\n\n[[a]]\nx = \"n\"\n\n[b]\ny = [\n[1],\n]\n# [[a]]\n");
    CHECK(removed("[[a]]\nx = 1\n\n[b]\ny = '''\n# text '''\n[[a]]\nx = 2\n", "a", 1) ==
          "[[a]]\nx = 1\n\n[b]\ny = '''\n# text '''\n");
}

TEST_CASE("an inline array of tables grows and shrinks") {
    CHECK(with_server("model_servers = []\n") ==
          "model_servers = [{ name = \"new\", kind = \"ollama\", extra_env = { A = \"1\" } }]\n");
    CHECK(with_server("x = 'a'\nmodel_servers=[ ] # none\n[queue]\n") ==
          "x = 'a'\nmodel_servers=[ { name='new', kind='ollama', extra_env={ A='1' } } ] # none\n[queue]\n");
    const std::string_view lines = "model_servers = [\n  # first\n  {name='a'}, # a\n  {name='b'} # b\n  # end\n]\n";
    CHECK(with_server(lines) ==
          "model_servers = [\n  # first\n  {name='a'}, # a\n  {name='b'}, # b\n"
          "  {name='new', kind='ollama', extra_env={A='1'}}\n  # end\n]\n");
    CHECK(removed(lines, "model_servers", 0) == "model_servers = [\n  # first\n  {name='b'} # b\n  # end\n]\n");
    CHECK(removed(lines, "model_servers", 1) == "model_servers = [\n  # first\n  {name='a'} # a\n  # end\n]\n");
    for (const std::string_view text : {"model_servers = []\n", "model_servers=[ ]", "model_servers = [\n]\n",
                                        "model_servers = [ # c\n  # d\n  ]\n"}) {
        CHECK(appended_and_removed(text, "model_servers", server, 0) == text);
    }
    CHECK(appended_and_removed(lines, "model_servers", server, 2) == lines);
}

TEST_CASE("a removed element goes with its lines, and leaves the comments around it") {
    const std::string_view text =
        "# top\n"
        "\n"
        "# about a\n"
        "[[a]] # first\n"
        "x = 1\n"
        "# within\n"
        "\n"
        "[a.env] # e\n"
        "y = 1 # z\n"
        "# below\n"
        "\n"
        "# about the second\n"
        "[[a]]\n"
        "x = 2\n"
        "\n"
        "[b]\n"
        "z = 1\n"
        "\n"
        "[a.env]\n"
        "y = 2\n"
        "\n"
        "[c]\n";
    CHECK(removed(text, "a", 0) ==
          "# top\n\n# about a\n# below\n\n# about the second\n[[a]]\nx = 2\n\n[b]\nz = 1\n\n[a.env]\ny = 2\n\n[c]\n");
    CHECK(removed(text, "a", 1) ==
          "# top\n\n# about a\n[[a]] # first\nx = 1\n# within\n\n[a.env] # e\ny = 1 # z\n# below\n\n"
          "# about the second\n\n[b]\nz = 1\n\n[c]\n");
}

TEST_CASE("blank lines around a removed element") {
    CHECK(removed("[[a]]\nx = 1\n\n[b]\n", "a", 0) == "[b]\n");
    CHECK(removed("\xEF\xBB\xBF[[a]]\r\nx = 1\r\n\r\n[b]\r\n", "a", 0) == "\xEF\xBB\xBF[b]\r\n");
    CHECK(removed("[b]\n\n[[a]]\nx = 1\n", "a", 0) == "[b]\n");
    CHECK(removed("[b]\n\n[[a]]\nx = 1", "a", 0) == "[b]");
    CHECK(removed("[b]\n\n\n[[a]]\nx = 1\n\n[c]\n", "a", 0) == "[b]\n\n[c]\n");
    CHECK(removed("[b]\n[[a]]\nx = 1\n[c]\n", "a", 0) == "[b]\n[c]\n");
    CHECK(removed("[b]\n\n[[a]]\nx = 1\n[c]\n", "a", 0) == "[b]\n\n[c]\n");
    CHECK(removed("[b]\n# of a\n[[a]]\nx = 1\n# of c\n[c]\n", "a", 0) == "[b]\n# of a\n\n# of c\n[c]\n");
    CHECK(removed("[b]\n# of a\n[[a]]\nx = 1\n\n[c]\n", "a", 0) == "[b]\n# of a\n\n[c]\n");
    CHECK(removed("[b]\n# of a\n[[a]]\nx = 1\n", "a", 0) == "[b]\n# of a\n");
    CHECK(removed("# of a\n[[a]]\nx = 1\n[c]\n", "a", 0) == "# of a\n\n[c]\n");
    CHECK(removed("[[a]]\n", "a", 0).empty());
    CHECK(removed("\n[[a]]\n\n", "a", 0) == "\n\n");
}

TEST_CASE("what was appended is removed without a trace") {
    const std::string_view texts[] = {
        "",
        "\xEF\xBB\xBF",
        "\n\n",
        "# c",
        "[b]\nx = 1\n\n\n",
        "[b]\r\nx = 1",
        "[[a]]",
        "[[a]]\nx = 1\n",
        "[[a]]\nx = 1\n# of a\n\n# of b\n[b]\n",
        "[[a]]\nx = 1\n# of b\n[b]\n",
        "[[a]]\nx = 1\n\n\n[[a]]\n[b]\n",
        "[[a]]\nx = 1\n[[a]]\nx = 2\n\n# end\n",
        "[[a]]\nx = 1\n\n[b]\n\n  [ a.'env' ]\n\n\n",
    };
    for (const std::string_view text : texts) {
        CAPTURE(text);
        std::size_t count = 0;
        for (std::size_t at = text.find("[[a]]"); at != text.npos; at = text.find("[[a]]", at + 1)) ++count;
        CHECK(appended(text, "a", R"({"x": 3, "env": {"y": 1}})") != text);
        CHECK(appended_and_removed(text, "a", R"({"x": 3, "env": {"y": 1}})", count) == text);
    }
}

TEST_CASE("an array that is none is refused, with its line") {
    const std::string hint = "   edit this by hand";
    CHECK(appended("x = 1\n[a]\ny = 1\n", "a", "{}") ==
          "operator.toml:2:1: a is not an array of tables here\n   2 | [a]\n     | ^~~\n" + hint);
    CHECK(removed("[a.b]\n", "a", 0) ==
          "operator.toml:1:1: a is not an array of tables here\n   1 | [a.b]\n     | ^~~~~\n" + hint);
    CHECK(appended("a = 1\n", "a", "{}") ==
          "operator.toml:1:5: a is not an array of tables here\n   1 | a = 1\n     |     ^\n" + hint);
    CHECK(appended("a.b = 1\n", "a", "{}") ==
          "operator.toml:1:7: a is not an array of tables here\n   1 | a.b = 1\n     |       ^\n" + hint);
    CHECK(removed("[[a]]\n[[a]]\n", "a", 2) == "operator.toml: there is no table a[2]\n" + hint);
    CHECK(removed("", "a b", 0) == "operator.toml: there is no table \"a b\"[0]\n" + hint);
    CHECK(removed("a = [{}]\n", "a", 1) ==
          "operator.toml:1:5: there is no table a[1] here\n   1 | a = [{}]\n     |     ^~~~\n" + hint);
}

TEST_CASE("an array that is written in two ways is refused, with the line of the second") {
    const std::string text = "x = 1\na = [\n  {y = 1}]\n\n[a.env]\nz = 1\n";
    const std::string refusal =
        "operator.toml:5:1: a is written as a value in line 2, and as a header here\n"
        "   5 | [a.env]\n"
        "     | ^~~~~~~\n"
        "   edit this by hand";
    CHECK(parse_toml(source_text("f", text)).has_value());
    CHECK(appended(text, "a", "{}") == refusal);
    CHECK(removed(text, "a", 0) == refusal);
    CHECK(updated(text, "a", 0, R"({"y": 1, "env": {"z": 1}})", R"({"y": 1, "env": {"z": 2}})") == refusal);
}

}  // namespace opd
