#include "config/toml/parse.hpp"

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <utility>
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
    for (const toml_node& child : table.children) found.push_back(child.key);
    return found;
}

struct broken_text {
    std::string_view text;
    std::string_view said;
};

const broken_text broken_texts[] = {
    {"a = 1\nfoo bar\n", "f:2:5: a \"=\" is missing after the key"},
    {"just", "f:1:5: a \"=\" is missing after the key"},
    {"= 1\n", "f:1:1: there is no key before the \"=\""},
    {"bad name = 1\n", "f:1:5: this is not a key"},
    {"[]\n", "f:1:2: this is not a key"},
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
    {"a = {b=1}\na.c = 2\n", "f:2:7: \"a\" has its value in line 1 and cannot be added to"},
    {"a = 1\n[a.b]\n", "f:2:1: \"a\" has its value in line 1 and cannot be added to"},
    {"a = []\n\n[a.b]\nc = 1\n", "f:3:1: \"a\" has its value in line 1 and cannot be added to"},
    {"a = []\na.b = 1\n", "f:2:7: \"a\" has its value in line 1 and cannot be added to"},
    {"a = 1__0\n", "f:1:6: a \"_\" in a number must stand between digits"},
    {"a = 08\n", "f:1:5: a number must not start with 0"},
    {"a = +\n", "f:1:5: this is not a value"},
    {"a = 1.2.3\n", "f:1:5: this is not a number"},
    {"a = [1,\n  { b = [07:32:61] }]\n", "f:2:10: this is not a date or a time"},
    {"a = {b=1, b=2}\n", "f:1:13: \"b\" is defined twice, first in line 1"},
    {"a.b = 1\na = 2\n", "f:2:5: \"a\" is defined twice, first in line 1"},
    {"[a.b]\n[[a]]\n", "f:2:1: \"a\" is defined twice, first in line 1"},
    {"[a.b]\n[a]\n[a]\n", "f:3:1: \"a\" is defined twice, first in line 2"},
    {"[a.b]\n[a]\nb = 1\n", "f:3:5: \"b\" is defined twice, first in line 1"},
    {"a = [1]\n[[a]]\n", "f:2:1: \"a\" is defined twice, first in line 1"},
    {"a = []\n[[a]]\n", "f:2:1: \"a\" is defined twice, first in line 1"},
    {"a = [1]\n[a.b]\n", "f:2:1: \"a\" has its value in line 1 and cannot be added to"},
    {"[a b]\n", "f:1:4: this is not a key"},
    {"a..b = 1\n", "f:1:3: this is not a key"},
    {"\"\"\"a\"\"\" = 1\n", "f:1:1: this is not a key"},
    {"a = [1,, 2]\n", "f:1:8: this is not a value"},
    {"a = [1 }\n]\n", "f:1:8: \"}\" does not close the \"[\" of line 1"},
    {"a = [1,\n[b]\nc = 2\n", "f:1:5: the \"[\" is never closed"},
    {"a = { b = \n}\n", "f:1:5: the \"{\" is not closed in its line"},
    {"a = 2024-13-45\n", "f:1:5: this is not a date or a time"},
};

bool same(const toml_node& a, const toml_node& b) {
    return a.what == b.what && a.text == b.text && a.integer == b.integer &&
           (a.real == b.real || (std::isnan(a.real) && std::isnan(b.real))) && a.flag == b.flag && a.key == b.key &&
           a.key_offset == b.key_offset && a.key_length == b.key_length && a.offset == b.offset &&
           a.length == b.length && a.has_header == b.has_header && std::ranges::equal(a.children, b.children, same);
}

/// With and without memory, the same tree or the same error.
bool agree(std::string_view text, toml_memory& memory) {
    const source_text source("f", text);
    const auto plain = parse_toml(source);
    const auto remembered = parse_toml(source, memory);
    if (!plain || !remembered) return !plain && !remembered && plain.error().text() == remembered.error().text();
    return same(*plain, *remembered);
}

constexpr std::string_view headers[] = {"[[servers]]",
                                        "[[servers]]",
                                        "[[servers]]",
                                        "  [[servers]] # one",
                                        "[servers.env]",
                                        "[[servers.ports]]",
                                        "[servers.env.deep]",
                                        "[[delegators]]",
                                        "[delegators.launch_config]",
                                        "[ delegators . \"launch config\" ]",
                                        "[git]",
                                        "[git.branch]",
                                        "[\"git\".'x.y']",
                                        "[[ \"servers\" ]]",
                                        "[[\"a]b\"]]",
                                        "['a]b'.c]",
                                        "[\"\\u0067it\".later]"};

constexpr std::string_view other_lines[] = {"",
                                            "# a comment: [[servers]]",
                                            "    # x = [",
                                            "day = 1979-05-27T07:32:00Z",
                                            "s = \"\"\"\n[[servers]]\n\\\"\"\"\"",
                                            "l = '''\n[git]'''",
                                            "a = [\n  [1, 2],\n# [git]\n  [\n]\n]",
                                            "a = [ { b = 1 }, { b.c = 2 } ]",
                                            "i = { x = 1, y = [ 1 ] }",
                                            "servers = []",
                                            "git = { a = 1 }",
                                            "git.dotted = true",
                                            "nan = nan",
                                            "f = -1.5e3"};

/// Lines of all sorts, put together at random: many texts are valid, and many are not.
class text_generator {
public:
    explicit text_generator(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

    std::vector<std::string> lines(std::size_t count) {
        std::vector<std::string> made;
        while (made.size() < count) made.push_back(line());
        return made;
    }

    void edit(std::vector<std::string>& lines) {
        const auto at = lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size()));
        switch (below(5)) {
            case 0:
            case 1:
                if (lines.size() > 1) lines.erase(at);
                break;
            case 2: *at = line(); break;
            case 3:
                if (!at->empty()) at->erase(below(at->size()), 1);
                break;
            default: lines.insert(at, line()); break;
        }
    }

private:
    std::string line() {
        if (below(3) == 0) return std::string(headers[below(std::size(headers))]);
        if (below(5) != 0) return "key" + std::to_string(below(100'000)) + " = \"" + std::to_string(below(10)) + "\"";
        return std::string(other_lines[below(std::size(other_lines))]);
    }

    std::mt19937 random_;
};

std::string joined(const std::vector<std::string>& lines, std::string_view line_end, bool end_last) {
    std::string text;
    for (const std::string& line : lines) {
        text += line;
        text += line_end;
    }
    if (!end_last) text.resize(text.size() - line_end.size());
    return text;
}

std::string servers(std::size_t count, std::size_t changed) {
    std::string text = "[rest_api]\nport = 7008\n";
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        text += "\n[[model_servers]]\nname = \"s" + number + "\"\nextra_env = { A = \"" +
                (i == changed ? "other" : number) + "\" }\n";
    }
    return text;
}

template <class Work>
std::chrono::nanoseconds fastest_of_three(const Work& work) {
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 3; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
    }
    return best;
}

/// A whole document as the text of its JSON.
std::string json_of(std::string_view text) {
    const source_text source("f", text);
    const auto root = parse_toml(source);
    REQUIRE(root.has_value());
    const auto shown = boost::json::serialize(to_json(*root));
    return {shown.data(), shown.size()};
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
    for (const auto& s : broken_texts) {
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

TEST_CASE("a time is its text, and a number with a fraction is its value") {
    const std::string_view text =
        "a = 1979-05-27T07:32:00.5-07:00 # Z\nb = 1979-05-27 07:32:00\nc = [ 1979-05-27,07:32:00 ]\n"
        "d = -1.5e+3\ne = inf\nf = -nan\n";
    const source_text source("f", text);
    const auto root = parse_toml(source);
    REQUIRE(root.has_value());
    CHECK(root->find("a")->text == "1979-05-27T07:32:00.5-07:00");
    CHECK(root->find("b")->text == "1979-05-27 07:32:00");
    CHECK(root->find("c")->children[0].text == "1979-05-27");
    CHECK(root->find("c")->children[1].text == "07:32:00");
    CHECK(root->find("d")->real == -1500.0);
    CHECK(std::isinf(root->find("e")->real));
    CHECK(std::isnan(root->find("f")->real));
}

TEST_CASE("the first header behind a byte order mark is one, too") {
    const source_text source("f", "\xEF\xBB\xBF[a]\n");
    const auto root = parse_toml(source);
    REQUIRE(root.has_value());
    CHECK(root->find("a")->has_header);
}

TEST_CASE("a memory changes nothing about the outcome of any text") {
    toml_memory memory;
    for (const auto& s : broken_texts) {
        CAPTURE(s.text);
        CHECK(agree(s.text, memory));
    }
    for (const std::string_view text : {"",
                                        "\n",
                                        "# nothing",
                                        "\xEF\xBB\xBF",
                                        "\xEF\xBB\xBF[a]\nb = 1\n[[c]]\n",
                                        "a = 1\r\n[b]\r\nc = 1\r\n",
                                        "[a]\n[a.b]\n[c]\n[a.d]\n",
                                        "[[a]]\n[b]\n[[a]]\n[a.c]\n",
                                        "[a]\n[[b]]\n[[b]]\n[a.c]\n",
                                        "[[a]]\n[[a]]\nx = 1",
                                        "[a.b]\nc = 1\n[a]\nd = 2\n",
                                        "a = [\n[1],\n[2]\n]\n[b]\n",
                                        "a = '''\n[b]\n'''\n[b]\n",
                                        "[[a.b]]\n[[a.b]]\n[[c]]\n",
                                        "a.b = 1\n[c]\n[a]\n",
                                        "a.b = 1\n[a.c]\n",
                                        "[\"a\"]\nb = 1\n[a.c]\n",
                                        "[[a]]\n[\"a\".b]\n[[a]]\n",
                                        "[a\nb]\n",
                                        "[[a]\n]\n",
                                        "[\"a",
                                        "[[",
                                        "[a] # b\n[ b ]\n",
                                        "\t[[a]]\n  [[a]]\n"}) {
        CAPTURE(text);
        CHECK(agree(text, memory));
        CHECK(agree(text, memory));
    }
}

TEST_CASE("a memory changes nothing about the outcome of generated texts under edits") {
    std::size_t valid = 0;
    for (unsigned seed = 0; seed < 40; ++seed) {
        text_generator generator(seed);
        toml_memory memory;
        auto lines = generator.lines(5 + generator.below(20));
        for (int i = 0; i < 12; ++i) {
            const std::string text = joined(lines, seed % 5 == 0 ? "\r\n" : "\n", seed % 3 != 0);
            CAPTURE(seed);
            CAPTURE(text);
            REQUIRE(agree(text, memory));
            valid += parse_toml(source_text("f", text)).has_value() ? 1U : 0U;
            generator.edit(lines);
        }
    }
    CHECK(valid > 100);
    CHECK(valid < 400);
}

TEST_CASE("a change within a long text costs little more than parsing what is changed") {
    const std::string first = servers(300, 0);
    toml_memory memory;
    REQUIRE(parse_toml(source_text("f", first), memory).has_value());
    std::size_t changed = 0;
    const auto again = fastest_of_three([&] {
        const std::string text = servers(300, ++changed);
        REQUIRE(parse_toml(source_text("f", text), memory).has_value());
    });
    const auto whole = fastest_of_three([&] { REQUIRE(parse_toml(source_text("f", first)).has_value()); });
    CHECK(again * 4 < whole);
}

TEST_CASE("a memory survives a broken text, and being moved") {
    toml_memory memory;
    const std::string good = servers(3, 1);
    CHECK(agree(good, memory));
    CHECK(agree(good + "[broken\n", memory));
    CHECK(agree(good + "[broken]\nx = y\n", memory));
    toml_memory moved(std::move(memory));
    CHECK(agree(good, moved));
    CHECK(agree(servers(2, 0), moved));
}

TEST_CASE("values of TOML become those of JSON, in file order") {
    CHECK(json_of("") == "{}");
    CHECK(json_of("z = 1\na = \"ü\\n\"\nt = true\nf = false\n") == R"({"z":1,"a":"ü\n","t":true,"f":false})");
    CHECK(json_of("a = [ 1, [ ], { b.c = 2 } ]\n[[d]]\n[[d]]\nx = 0x1F\n") ==
          R"({"a":[1,[],{"b":{"c":2}}],"d":[{},{"x":31}]})");
    CHECK(json_of("a = -9223372036854775808\nb = 9223372036854775807\n") ==
          R"({"a":-9223372036854775808,"b":9223372036854775807})");
    CHECK(json_of("a = 1.5\nb = -2e3\n") == R"({"a":1.5E0,"b":-2E3})");
}

TEST_CASE("what JSON does not know is a text") {
    CHECK(json_of("a = 1979-05-27T07:32:00.999-07:00\nb = 1979-05-27\nc = 07:32:00\n") ==
          R"({"a":"1979-05-27T07:32:00.999-07:00","b":"1979-05-27","c":"07:32:00"})");
    CHECK(json_of("a = inf\nb = -inf\nc = +inf\nd = nan\ne = -nan\n") ==
          R"({"a":"inf","b":"-inf","c":"inf","d":"nan","e":"nan"})");
}

}  // namespace opd
