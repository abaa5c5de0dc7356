#include "config/toml/layout.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace opd {
namespace {

std::string in_words(const toml_statement& statement) {
    std::string words;
    for (std::size_t step = 0; step < statement.path.size(); ++step)
        if (const auto index = statement.index_at(step))
            words += "[" + std::to_string(*index) + "]";
        else
            words += (words.empty() ? "" : ".") + std::get<std::string>(statement.path[step]);
    return words;
}

std::string_view part(std::string_view text, const text_range& range) { return text.substr(range.begin, range.size()); }

/// `PATH=VALUE` of each statement; of headers what is between and with the brackets.
std::vector<std::string> seen(std::string_view text) {
    std::vector<std::string> found;
    const toml_layout layout = layout_of_text(text);
    for (const toml_statement& statement : layout.statements)
        found.push_back(in_words(statement) + "=" + std::string(part(text, statement.value)));
    return found;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("statements know what they speak of") {
    CHECK(seen("a = 1\nb.c = 2\n[d]\ne = 3\n[[f]]\ng.h = 4\n[f.i]\nj = 5\n[k]\n[f.l]\nm = 6\n[[f]]\n[f.i]\nn = 7\n") ==
          strings{"a=1", "b.c=2", "d=[d]", "d.e=3", "f[0]=[[f]]", "f[0].g.h=4", "f[0].i=[f.i]", "f[0].i.j=5", "k=[k]",
                  "f[0].l=[f.l]", "f[0].l.m=6", "f[1]=[[f]]", "f[1].i=[f.i]", "f[1].i.n=7"});
    CHECK(seen("[[a.b]]\n[a.c]\n[[a.b]]\n[[a.b.d]]\n[[a.b.d]]\nx=1\n[a.b.d.e]\ny=1\n[[a.b]]\n[[a.b.d]]\n[b.d]\n") ==
          strings{"a.b[0]=[[a.b]]", "a.c=[a.c]", "a.b[1]=[[a.b]]", "a.b[1].d[0]=[[a.b.d]]", "a.b[1].d[1]=[[a.b.d]]",
                  "a.b[1].d[1].x=1", "a.b[1].d[1].e=[a.b.d.e]", "a.b[1].d[1].e.y=1", "a.b[2]=[[a.b]]",
                  "a.b[2].d[0]=[[a.b.d]]", "b.d=[b.d]"});
}

TEST_CASE("keys are understood however they are written") {
    CHECK(seen("  [[ a . \"b\\u0020\\\"c\\\"\" ]] # [x]\n\t'd]' . \"\" =\t'e' # "
               "f\n[\"\\U0001F600\\t\\\\\".'\\u0041']\n") ==
          strings{"a.b \"c\"[0]=[[ a . \"b\\u0020\\\"c\\\"\" ]]", "a.b \"c\"[0].d].='e'",
                  "😀\t\\.\\u0041=[\"\\U0001F600\\t\\\\\".'\\u0041']"});
    const std::string_view text = " a . 'b' = 1\n";
    const toml_layout layout = layout_of_text(text);
    REQUIRE(layout.statements.size() == 1);
    CHECK(part(text, layout.statements[0].key[0].place) == "a");
    CHECK(part(text, layout.statements[0].key[1].place) == "'b'");
}

TEST_CASE("values end where they end") {
    for (const std::string_view value :
         {"\"a # \\\" b\"", "'a # \\'", "\"\"", "''", "\"\"\"\n[x]\n# \"\" y\\\"\"\"\"\"", "'''\n[[x]]\ny = '''''",
          "\"\"\"\"\"\"", "[ 1, # ]\n [\"]\", {a = ']'}],\n]", "[\n'''\n]''', 2]", "{ a = [ '}' ], b.c = \"}\" }", "{}",
          "-1_000.5e+3", "2024-01-02 03:04:05.678+01:00", "true", "inf"}) {
        for (const std::string_view rest : {"", " ", " # c = 1", "\t\r\nb = 2\r\n", "\n"}) {
            const std::string text = "a = " + std::string(value) + std::string(rest);
            CAPTURE(text);
            REQUIRE_FALSE(seen(text).empty());
            CHECK(seen(text)[0] == "a=" + std::string(value));
            CHECK(seen(text).size() == (rest.find("b = 2") == rest.npos ? 1 : 2));
        }
    }
}

TEST_CASE("statements have whole lines, and between them are only comments and blank lines") {
    const std::string_view text =
        "\xEF\xBB\xBF# first\r\n"
        "\r\n"
        "  a = [\r\n  1,\r\n  ] # a\r\n"
        "\t# [x]\r\n"
        "[b]# b\n"
        " c = \"\"\"\n[d]\n\"\"\"\n"
        "   \n"
        "# last";
    const toml_layout layout = layout_of_text(text);
    CHECK(layout.start == 3);
    REQUIRE(layout.statements.size() == 3);
    CHECK(part(text, layout.statements[0].lines) == "  a = [\r\n  1,\r\n  ] # a\r\n");
    CHECK(part(text, layout.statements[1].lines) == "[b]# b\n");
    CHECK(part(text, layout.statements[2].lines) == " c = \"\"\"\n[d]\n\"\"\"\n");
    CHECK(part("a = 1", layout_of_text("a = 1").statements.front().lines) == "a = 1");
    CHECK(seen("").empty());
    CHECK(seen("\xEF\xBB\xBF").empty());
    CHECK(seen(" \n\t# a = 1").empty());
}

TEST_CASE("a statement is within the tables on its way") {
    const toml_layout layout = layout_of_text("[[a]]\n[a.b]\nc.d = 1\n");
    const toml_statement& pair = layout.statements.back();
    const toml_path whole{"a", std::size_t{0}, "b", "c", "d"};
    CHECK(pair.is_within({}));
    CHECK(pair.is_within({"a"}));
    CHECK(pair.is_within({"a", std::size_t{0}, "b", "c"}));
    CHECK(pair.is_within(whole));
    CHECK_FALSE(pair.is_within({"a", std::size_t{1}}));
    CHECK_FALSE(pair.is_within({"a", "b"}));
    CHECK_FALSE(pair.is_within({"a", std::size_t{0}, std::size_t{0}}));
    CHECK_FALSE(pair.is_within({"a", std::size_t{0}, "b", "c", "d", "e"}));
}

TEST_CASE("members of an inline table") {
    const std::string_view text = "x = {a = 1 ,\tb . \"c d\"= [ { e = '},' } ], f={} }";
    const toml_layout layout = layout_of_inline_table(text, {4, text.size()});
    strings found;
    for (const toml_statement& pair : layout.statements) {
        found.push_back(in_words(pair) + "|" + std::string(part(text, pair.value)) + "|" +
                        std::string(part(text, pair.lines)));
    }
    CHECK(found == strings{"a|1|a = 1", "b.c d|[ { e = '},' } ]|b . \"c d\"= [ { e = '},' } ]", "f|{}|f={}"});
    CHECK(layout_of_inline_table("{ }", {0, 3}).statements.empty());
}

TEST_CASE("elements of an array") {
    const std::string_view text = "x = [ # ]\n 1 , [2, 3],\r\n \"4,\", {a = 5} # ,\n ,2024-01-02 03:04:05\n]";
    strings found;
    for (const text_range& element : elements_of_array(text, {4, text.size()})) found.emplace_back(part(text, element));
    CHECK(found == strings{"1", "[2, 3]", "\"4,\"", "{a = 5}", "2024-01-02 03:04:05"});
    CHECK(elements_of_array("[]", {0, 2}).empty());
    CHECK(elements_of_array("[ # c\n]", {0, 7}).empty());
}

TEST_CASE("of what is not TOML there is an end, too") {
    const std::string_view whole =
        "[[a]]\r\nb = \"\"\"x\\\"\"\"\"\nc.'d' = [ # e\n { f = 'g', h = \"\\u0041\" } ]\n[i . \"j\"] # k\n";
    for (std::size_t from = 0; from < whole.size(); ++from) {
        for (std::size_t length = 0; length <= whole.size() - from; ++length) {
            const std::string text(whole.substr(from, length));
            for (const toml_statement& statement : layout_of_text(text).statements) {
                CHECK(statement.lines.end <= text.size());
                CHECK(statement.value.end <= text.size());
            }
        }
    }
}

}  // namespace opd
