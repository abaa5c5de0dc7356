#include "config/diagnostic.hpp"

#include <doctest/doctest.h>

#include <string>

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

}  // namespace opd
