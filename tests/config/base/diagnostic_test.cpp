#include "config/base/diagnostic.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

namespace opd {
namespace {

diagnostic sample(std::string source_line, std::size_t column, std::size_t length) {
    return {.file = "/path/operator.toml",
            .line = 12,
            .column = column,
            .length = length,
            .source_line = std::move(source_line),
            .message = "unknown kind \"olama\"",
            .hint = "did you mean \"ollama\"?"};
}

/// The line that is quoted about the last line of a text.
std::string quoted_line(std::string_view text) {
    const std::size_t last = text.rfind('\n') + 1;
    return source_text("f", text).at(last, 1, "m", "h").source_line;
}

}  // namespace

TEST_CASE("a diagnostic shows the place, the line with a marker, and the hint") {
    CHECK(sample("kind = \"olama\"", 8, 7).text() ==
          "/path/operator.toml:12:8: unknown kind \"olama\"\n"
          "   12 | kind = \"olama\"\n"
          "      |        ^~~~~~~\n"
          "   did you mean \"ollama\"?");
}

TEST_CASE("in one line the hint follows, where there is one") {
    auto said = sample("kind = \"olama\"", 8, 7);
    CHECK(said.sentence() == "/path/operator.toml:12:8: unknown kind \"olama\"; did you mean \"ollama\"?");
    said.hint.clear();
    CHECK(said.sentence() == said.headline());
}

TEST_CASE("a diagnostic about a place without length marks one column") {
    auto shown = sample("kind", 5, 0);
    shown.hint.clear();
    CHECK(shown.text() ==
          "/path/operator.toml:12:5: unknown kind \"olama\"\n"
          "   12 | kind\n"
          "      |     ^");
}

TEST_CASE("the marker stays below its place behind tabs and wide characters") {
    CHECK(sample("\tkind\t= \"olama\"", 9, 7).text() ==
          "/path/operator.toml:12:9: unknown kind \"olama\"\n"
          "   12 | \tkind\t= \"olama\"\n"
          "      | \t    \t  ^~~~~~~\n"
          "   did you mean \"ollama\"?");
    CHECK(sample("\"ü漢\" = \"öl\"", 11, 5).text() ==
          "/path/operator.toml:12:11: unknown kind \"olama\"\n"
          "   12 | \"ü漢\" = \"öl\"\n"
          "      |         ^~~~\n"
          "   did you mean \"ollama\"?");
}

TEST_CASE("control characters reach no terminal") {
    auto shown = sample("a\x1b = \"b\"", 3, 1);
    shown.file = "op\x1b.toml";
    shown.message = "bad\x1b";
    shown.hint = "fix\x1b";
    CHECK(shown.text() ==
          "op�.toml:12:3: bad�\n"
          "   12 | a� = \"b\"\n"
          "      |   ^\n"
          "   fix�");
}

TEST_CASE("a diagnostic about the file as a whole has no place") {
    diagnostic shown;
    shown.file = "f";
    shown.message = "is a folder";
    shown.hint = "name a file";
    CHECK(shown.headline() == "f: is a folder");
    CHECK(shown.text() == "f: is a folder\n   name a file");
}

TEST_CASE("a place beyond what is kept of a long line is told without a marker") {
    CHECK(sample("abc", 500, 2).text() ==
          "/path/operator.toml:12:500: unknown kind \"olama\"\n"
          "   12 | abc\n"
          "   did you mean \"ollama\"?");
}

TEST_CASE("a diagnostic without a source line is the headline and the hint") {
    CHECK(sample("", 3, 2).text() == "/path/operator.toml:12:3: unknown kind \"olama\"\n   did you mean \"ollama\"?");
}

TEST_CASE("an offset is told as line and column") {
    const source_text source("f", "ab\r\ncd = 1\n\nlast");

    struct {
        std::size_t offset;
        std::size_t line;
        std::size_t column;
        std::string_view shown;
    } const samples[] = {{0, 1, 1, "ab"}, {1, 1, 2, "ab"},    {4, 2, 1, "cd = 1"}, {9, 2, 6, "cd = 1"},
                         {11, 3, 1, ""},  {12, 4, 1, "last"}, {16, 4, 5, "last"},  {999, 4, 5, "last"}};

    for (const auto& s : samples) {
        CAPTURE(s.offset);
        const diagnostic made = source.at(s.offset, 1, "m", "h");
        CHECK(made.line == s.line);
        CHECK(made.column == s.column);
        CHECK(made.source_line == s.shown);
        CHECK(made.file == "f");
    }
}

TEST_CASE("what is marked ends with its line") {
    const source_text source("f", "a = [1,\n2]\n");
    CHECK(source.at(4, 6, "m", "h").length == 3);
    CHECK(source.at(7, 6, "m", "h").length == 0);
}

TEST_CASE("a long line is cut between characters") {
    const std::string text = std::string(159, 'x') + "ü and more";
    CHECK(quoted_line(text) == std::string(159, 'x'));
}

TEST_CASE("a line that may hold a secret is not quoted") {
    CHECK(quoted_line("name = \"x\"") == "name = \"x\"");
    CHECK(quoted_line("api_key_env = \"sk-123\"").empty());
    CHECK(quoted_line("API_KEY = 1").empty());
    CHECK(quoted_line("extra_env = { A = \"s\" }").empty());
    CHECK(quoted_line("x = \"sk-123\"").empty());
    CHECK(quoted_line("base_url = \"http://u:p@h\"").empty());
    CHECK(quoted_line("base_url = \"http://h/?k=p\"").empty());
    CHECK(quoted_line("base_url = \"http://h/v1\"") == "base_url = \"http://h/v1\"");
    CHECK(quoted_line("[model_servers.extra_env]\n\nFOO = \"s\"").empty());
    CHECK(quoted_line("[model_servers.extra_env]\nFOO = \"s\"\n[[model_servers]]\nname = 1") == "name = 1");
}

}  // namespace opd
