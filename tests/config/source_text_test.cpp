#include "config/source_text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

/// The line that is quoted about the last line of a text.
std::string quoted_line(std::string_view text) {
    const std::size_t last = text.rfind('\n') + 1;
    return source_text("f", text).at(last, 1, "m", "h").source_line;
}

}  // namespace

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
