#include "config/toml/fault.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace opd {
namespace {

struct place {
    std::size_t line = 0;
    std::size_t column = 0;  ///< 0: not told
};

struct places {
    place first;
    place last;
};

struct translation {
    std::string_view part;  ///< of toml11's title
    std::string_view message;
    std::string_view hint;
};

constexpr std::string_view write_a_pair = "write KEY = VALUE, one in a line; a comment starts with \"#\"";
constexpr std::string_view write_a_value =
    "a value is a \"text\" in quotes, a number, true, false, [an array] or { an = \"inline table\" }";

constexpr std::array<translation, 25> translations{{
    {"missing key-value separator", "a \"=\" is missing after the key", write_a_pair},
    {"empty key is not allowed", "there is no key before the \"=\"", write_a_pair},
    {"invalid format for key", "this is not a key",
     "a key with other signs than letters, digits, \"_\" and \"-\" needs quotes"},
    {"invalid key appeared", "this is not a key", write_a_pair},
    {"missing value after", "there is no value after the \"=\"", write_a_value},
    {"missing array separator", "a \",\" is missing between two values of the array",
     "write \",\" between them, and \"]\" at the end"},
    {"appeared in an array", "this is not a value", write_a_value},
    {"trailing comma is not allowed", "a \",\" must not stand before \"}\"", "take the \",\" out"},
    {"missing table separator", "a \",\" is missing between two keys of the inline table",
     "write { key = \"value\", other = \"value\" }"},
    {"missing curly brace", "the inline table is not closed", "end it with \"}\" in the same line"},
    {"newline required", "something follows the name of the table",
     "put it into a line of its own; a comment starts with \"#\""},
    {"invalid line format", "something follows the value that does not belong to it",
     "put it into a line of its own; a comment starts with \"#\""},
    {"immutable", "an inline table cannot be added to", "write all its keys between its { and }"},
    {"neither table nor", "a key below something that is not a table", "rename one of the two"},
    {"eading zero", "a number must not start with 0", "leave the 0 out, or put a text in quotes"},
    {"surrounded by digits", "a \"_\" in a number must stand between digits", "take it out"},
    {"bad date", "this is not a date", "write it as 2024-12-31T23:59:59Z, or put a text in quotes"},
    {"RFC3339", "this is not a date or a time", "write it as 2024-12-31T23:59:59Z, or put a text in quotes"},
    {"bad time", "this is not a time", "write it as 23:59:59, or put a text in quotes"},
    {"bad offset", "this is not a time zone", "write it as Z or +01:00, or put a text in quotes"},
    {"bad integer", "this is not a number", "put a text in quotes"},
    {"_integer", "this is not a number", "put a text in quotes"},
    {"unknown integer prefix", "this is not a number", "put a text in quotes"},
    {"bad float", "this is not a number", "put a text in quotes"},
    {"bad format", "this is not a value", write_a_value},
}};

constexpr std::size_t npos = std::string_view::npos;

/// `12` of ` 12 | source`, and where the source begins.
std::optional<std::pair<std::size_t, std::size_t>> read_line_number(std::string_view line) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start == npos) return std::nullopt;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(line.data() + start, line.data() + line.size(), number);
    const auto after = static_cast<std::size_t>(end - line.data());
    if (error != std::errc{} || line.substr(after, 3) != " | ") return std::nullopt;
    return std::pair(number, after + 3);
}

places read_places(std::string_view said) {
    places found;
    std::size_t source_starts = 0;
    bool marker_is_next = false;
    said.remove_prefix(std::min(said.find("\n --> "), said.size()));
    while (!said.empty()) {
        said.remove_prefix(1);
        const std::string_view line = said.substr(0, said.find('\n'));
        said.remove_prefix(line.size());
        if (marker_is_next) {
            const std::size_t marker = line.find_first_of("^~", source_starts);
            if (marker != npos) found.last.column = marker - source_starts + 1;
            if (found.first.line == 0) found.first = found.last;
            marker_is_next = false;
        } else if (const auto number = read_line_number(line)) {
            found.last = {.line = number->first, .column = 0};
            source_starts = number->second;
            marker_is_next = true;
        }
    }
    return found;
}

diagnostic at_place(const source_text& source, place where, std::string message, std::string_view hint) {
    if (where.line == 0) return source.whole(std::move(message), std::string(hint));
    std::size_t offset = 0;
    for (std::size_t line = 1; line < where.line && offset < source.text().size(); ++line) {
        offset = std::min(source.text().find('\n', offset), source.text().size() - 1) + 1;
    }
    const std::size_t end = std::min(source.text().find('\n', offset), source.text().size());
    offset = std::min(offset + std::max<std::size_t>(where.column, 1) - 1, end);
    // toml11 points at the space before what it means.
    while (offset < end && (source.text()[offset] == ' ' || source.text()[offset] == '\t')) {
        ++offset;
    }
    return source.at(offset, 1, std::move(message), std::string(hint));
}

/// toml11 names what is defined twice as `("a.b")`.
std::optional<std::string_view> defined_twice(std::string_view title) {
    const bool twice = title.find("already exists") != npos || title.find("cannot be defined") != npos ||
                       title.find("collides with") != npos;
    const std::size_t start = title.find("(\"");
    const std::size_t end = title.rfind("\")");
    if (!twice || start == npos || end == npos || end < start + 2) return std::nullopt;
    return title.substr(start + 2, end - start - 2);
}

}  // namespace

diagnostic explain_toml_fault(const source_text& source, std::string_view said) {
    const std::string_view title = said.substr(0, said.find("\n --> "));
    const places where = read_places(said);
    if (const auto name = defined_twice(title)) {
        return at_place(source, where.last,
                        fmt::format("{} is defined twice, first in line {}", in_quotes(*name), where.first.line),
                        "remove one of the two; several tables of one name are written [[name]]");
    }
    const auto* known = std::ranges::find_if(
        translations, [title](const translation& candidate) { return title.find(candidate.part) != npos; });
    if (known != translations.end()) return at_place(source, where.last, std::string(known->message), known->hint);
    return at_place(source, where.last, "this is not TOML",
                    "write KEY = VALUE, [TABLE] or [[TABLE]]; see https://toml.io");
}

}  // namespace opd
