#include "config/toml_parse.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace opd {
namespace {

std::string fault(std::string_view text) {
    const source_text source("f", text);
    const auto root = parse_toml(source);
    return root ? std::string("parsed") : root.error().headline();
}

std::string_view at(std::string_view text, std::size_t offset, std::size_t length) {
    return text.substr(offset, length);
}

std::vector<std::string> keys(const toml_node& table) {
    std::vector<std::string> found;
    for (const toml_node& child : table.children) {
        found.push_back(child.key);
    }
    return found;
}

}  // namespace

TEST_CASE("values know their type, their place and the place of their key") {
    const std::string_view text =
        "\xEF\xBB\xBF# first\r\n"
        "[rest_api]\r\n"
        "\"the port\" = 7008\r\n"
        "b.c = true\r\n"
        "  [[servers]]\r\n"
        "env = { A = '1', B=\"2\" }\r\n"
        "[[servers]]\r\n"
        "env.X = 1.5\r\n"
        "day = 2024-12-31\r\n";
    const source_text source("f", text);
    const auto root = parse_toml(source);
    REQUIRE(root.has_value());
    const toml_node* rest = root->find("rest_api");
    REQUIRE(rest != nullptr);
    CHECK(at(text, rest->offset, rest->length) == "[rest_api]");
    CHECK(rest->has_header);

    const toml_node* port = rest->find("the port");
    REQUIRE(port != nullptr);
    CHECK(port->what == toml_node::type::integer);
    CHECK(port->integer == 7008);
    CHECK(at(text, port->offset, port->length) == "7008");
    CHECK(at(text, port->key_offset, port->key_length) == "\"the port\"");

    const toml_node* dotted = rest->find("b");
    REQUIRE(dotted != nullptr);
    CHECK(dotted->what == toml_node::type::table);
    CHECK_FALSE(dotted->has_header);
    CHECK(dotted->find("c")->flag);
    CHECK(at(text, dotted->find("c")->key_offset, dotted->find("c")->key_length) == "c");

    const toml_node* servers = root->find("servers");
    REQUIRE(servers != nullptr);
    REQUIRE(servers->children.size() == 2);
    const toml_node* env = servers->children[0].find("env");
    REQUIRE(env != nullptr);
    CHECK(keys(*env) == std::vector<std::string>{"A", "B"});
    CHECK(env->find("A")->text == "1");
    CHECK(at(text, env->find("B")->key_offset, 1) == "B");
    CHECK(source.line_of(servers->children[1].offset) == 7);
    CHECK(servers->children[1].find("env")->find("X")->what == toml_node::type::real);
    CHECK(servers->children[1].find("day")->what == toml_node::type::time);
    CHECK(servers->children[1].find("night") == nullptr);
}

TEST_CASE("members come in file order") {
    const source_text source("f", "zeta = 1\nalpha = 2\nmid = 3\n[last]\n[first]\n");
    const auto root = parse_toml(source);
    REQUIRE(root.has_value());
    CHECK(keys(*root) == std::vector<std::string>{"zeta", "alpha", "mid", "last", "first"});
}

TEST_CASE("a syntax error is one sentence with its place") {
    struct {
        std::string_view text;
        std::string_view said;
    } const samples[] = {
        {"a = 1\nfoo bar\n", "f:2:5: a \"=\" is missing after the key"},
        {"just", "f:1:5: a \"=\" is missing after the key"},
        {"= 1\n", "f:1:1: there is no key before the \"=\""},
        {"bad name = 1\n", "f:1:5: this is not a key"},
        {"[]\n", "f:1:1: this is not a key"},
        {"a = \n", "f:1:5: there is no value after the \"=\""},
        {"a = # b\n", "f:1:5: there is no value after the \"=\""},
        {"a = abc\n", "f:1:5: this is not a value"},
        {"a = True\n", "f:1:5: this is not a value"},
        {"a = ]\n", "f:1:5: this is not a value"},
        {"a = [1 2]\n", "f:1:8: a \",\" is missing between two values of the array"},
        {"a = [1, x]\n", "f:1:9: this is not a value"},
        {"a = {b=1 c=2}\n", "f:1:10: a \",\" is missing between two keys of the inline table"},
        {"a = {b=1,}\n", "f:1:10: a \",\" must not stand before \"}\""},
        {"[a] b = 1\n", "f:1:5: something follows the name of the table"},
        {"[[a]] b = 1\n", "f:1:7: something follows the name of the table"},
        {"a = \"b\" \"c\"\n", "f:1:9: something follows the value that does not belong to it"},
        {"a = 1\na = 2\n", "f:2:5: \"a\" is defined twice, first in line 1"},
        {"[a]\n[b]\n[a]\n", "f:3:1: \"a\" is defined twice, first in line 1"},
        {"[[a]]\n[a]\n", "f:2:1: \"a\" is defined twice, first in line 1"},
        {"[a]\n[[a]]\n", "f:2:1: \"a\" is defined twice, first in line 1"},
        {"[a]\nb.c = 1\nb.c = 2\n", "f:3:7: \"b.c\" is defined twice, first in line 2"},
        {"a = {b=1}\na.c = 2\n", "f:2:7: an inline table cannot be added to"},
        {"a = 1\n[a.b]\n", "f:2:1: a key below something that is not a table"},
        {"a = []\n\n[a.b]\nc = 1\n", "f:3:1: an array that was written as [] cannot be added to"},
        {"a = []\na.b = 1\n", "f:2:1: an array that was written as [] cannot be added to"},
        {"a = 1__0\n", "f:1:6: a \"_\" in a number must stand between digits"},
        {"a = 08\n", "f:1:5: a number must not start with 0"},
        {"a = +\n", "f:1:5: this is not a value"},
        {"a = 2024-13-45\n", "f:1:15: this is not a date or a time"},
    };

    for (const auto& s : samples) {
        CAPTURE(s.text);
        CHECK(fault(s.text) == s.said);
    }
}

TEST_CASE("numbers beyond 64 bits stay numbers") {
    const source_text source("f", "a = 99999999999999999999\nb = -99999999999999999999\nc = 0xFFFFFFFFFFFFFFFFFF\n");
    const auto root = parse_toml(source);
    REQUIRE(root.has_value());
    CHECK(root->find("a")->integer == INT64_MAX);
    CHECK(root->find("b")->integer == INT64_MIN);
    CHECK(root->find("c")->what == toml_node::type::integer);
}

}  // namespace opd
