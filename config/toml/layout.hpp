#pragma once

#include "config/base/ascii.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace opd {

// How a TOML text is written, to the byte.

/// May stand in a key without quotes.
constexpr bool is_bare(char c) { return is_alphanumeric(c) || c == '_' || c == '-'; }

/// How deep brackets and dotted keys may nest.
inline constexpr std::size_t max_toml_nesting = 64;

/// The way to a value from the root of a TOML document: names of members, and places in arrays, counted from 0.
using toml_path = std::vector<std::variant<std::string, std::size_t>>;

/// The bytes of a text from `begin` up to, not including, `end`.
struct text_range {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t size() const { return end - begin; }
    std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }

    bool operator==(const text_range&) const = default;
};

/// One part of a key such as `a."b c".d`, without quotes and escapes.
struct toml_key {
    std::string name;
    text_range place;
};

/// A header, or a pair `key = value` in a section or an inline table.
struct toml_statement {
    enum class type : std::uint8_t { table, element, pair };  ///< `[a]`, `[[a]]`, `a = 1`
    type what = type::pair;
    std::vector<toml_key> key;
    text_range value;         ///< of a header: from its first to its last bracket
    text_range lines;         ///< whole lines with comment and line break; in an inline table: from key to value
    std::size_t section = 0;  ///< it stands in; of a header: that it begins; the one before all headers is 0
    toml_path path;           ///< from the root to what it speaks of

    bool is_pair() const { return what == type::pair; }

    /// Steps from the root to the table of its section.
    std::size_t section_depth() const { return is_pair() ? path.size() - key.size() : path.size(); }

    /// A step that is a place in an array; nullopt: it is a name, or there are less.
    std::optional<std::size_t> index_at(std::size_t step) const {
        const auto* index = step < path.size() ? std::get_if<std::size_t>(&path[step]) : nullptr;
        return index == nullptr ? std::nullopt : std::optional(*index);
    }

    /// It speaks of this value, or of something within it.
    bool is_within(const toml_path& outer) const {
        return path.size() >= outer.size() && std::equal(outer.begin(), outer.end(), path.begin());
    }
};

using toml_statements = std::vector<const toml_statement*>;

/// What is wrong with the syntax of a text, and where.
struct toml_fault {
    text_range place;
    std::string message;
    std::string hint;
};

/// The statements of a text, or the members of an inline table, in the order in which they are written. What is between
/// them are blank lines and comments (in an inline table blanks and commas).
struct toml_layout {
    std::vector<toml_statement> statements;
    std::size_t start = 0;         ///< of the first line: behind the byte order mark
    std::size_t last_section = 0;  ///< as many as there are headers
};

/// Hands out the statements of a text, without their sections and paths, up to the first fault in the syntax. That
/// includes texts and brackets that are not closed, unknown escapes, and what toml11 would choke on: deep nesting, long
/// lines of values, and long binary numbers. Numbers, times and words such as `true` are not looked into, nor whether a
/// name is defined twice.
std::optional<toml_fault> read_statements(std::string_view text, const std::function<void(toml_statement&&)>& take);

/// Of a text with the right syntax; of another one, up to the fault.
toml_layout layout_of_text(std::string_view text);

/// `table` is the place of a `{...}`.
toml_layout layout_of_inline_table(std::string_view text, text_range table);

/// `array` is the place of a `[...]`.
std::vector<text_range> elements_of_array(std::string_view text, text_range array);

}  // namespace opd
