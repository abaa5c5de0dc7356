#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd::test {

// A second opinion about which lines of a TOML text belong to what, independent of the program's own parser. It knows
// strings, comments, brackets and headers, line by line, and takes the text to be valid.

/// With their line ends; the last one may have none.
std::vector<std::string> lines_of(std::string_view text);

/// Numbers of lines, counted from 0.
struct line_range {
    std::size_t begin = 0;
    std::size_t end = 0;  ///< behind the last one

    bool operator==(const line_range&) const = default;
};

/// A header and what stands below it. The first section has none.
struct toml_section {
    std::string name;          ///< dotted, without blanks and quotes
    bool of_array = false;     ///< `[[name]]`
    line_range lines;          ///< up to the next header
    std::size_t core_end = 0;  ///< behind the last line that is neither blank nor a comment
};

std::vector<toml_section> sections_of(const std::vector<std::string>& lines);

/// Lines of an element of an array of tables, or of a table, sub-tables that stand elsewhere included. Comments and
/// blank lines at the end do not belong to it, those between two of its sub-tables do. Empty where there is none.
std::vector<line_range> lines_of_element(const std::vector<std::string>& lines, std::string_view array,
                                         std::size_t index);
std::vector<line_range> lines_of_table(const std::vector<std::string>& lines, std::string_view table);

/// How often `[[array]]` occurs.
std::size_t count_elements(const std::vector<std::string>& lines, std::string_view array);

/// Whole-line comments, in order, without line ends; those within multi-line texts and arrays do not count.
std::vector<std::string> comments_of(const std::vector<std::string>& lines);

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view trimmed(std::string_view text);
bool is_blank(std::string_view line);
/// Nothing but a comment.
bool is_comment(std::string_view line);
/// Where the comment begins that ends a line; the line must not be within a value of several lines.
std::optional<std::size_t> comment_in(std::string_view line);

}  // namespace opd::test
