#pragma once

#include "config/toml/path.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

// How a TOML text is written, to the byte. The texts must be valid; of others no more is promised than an end.

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The bytes of a text from `begin` up to, not including, `end`.
struct text_range {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t size() const { return end - begin; }

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
    std::size_t section = 0;  ///< it stands in; of a header: that it begins
};

/// The statements of a text, or the members of an inline table, in the order in which they are written. What is between
/// them are blank lines and comments (in an inline table blanks and commas).
struct toml_layout {
    std::vector<toml_path> sections;  ///< the tables of the headers, behind the root, which has none
    std::vector<toml_statement> statements;
    std::size_t start = 0;  ///< of the first line: behind the byte order mark

    /// Steps from the root to what the statement speaks of.
    std::size_t depth(const toml_statement&) const;
    /// One of these steps; null where it is a place in an array.
    const std::string* name_at(const toml_statement&, std::size_t step) const;
    /// One of these steps; nullopt where it is a name.
    std::optional<std::size_t> index_at(const toml_statement&, std::size_t step) const;
    /// The statement speaks of this value, or of something within it.
    bool is_within(const toml_statement&, const toml_path&) const;
};

toml_layout layout_of_text(std::string_view text);

/// `table` is the place of a `{...}`.
toml_layout layout_of_inline_table(std::string_view text, text_range table);

/// `array` is the place of a `[...]`.
std::vector<text_range> elements_of_array(std::string_view text, text_range array);

}  // namespace opd
