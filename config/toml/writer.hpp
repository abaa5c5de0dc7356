#pragma once

#include "config/base/result.hpp"
#include "config/toml/layout.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// How texts are quoted where both ways are possible.
enum class toml_quotes : std::uint8_t { basic, literal };  ///< "text", 'text'

/// How a value is written where nothing is to be kept.
struct toml_style {
    toml_quotes quotes = toml_quotes::basic;
    std::string equals = " = ";  ///< between key and value of an inline table
    std::string padding = " ";   ///< within the braces of an inline table
    std::string line_break = "\n";
};

/// Whether TOML can say it: there is no null, and no whole number beyond 64 bits with a sign.
result<void> check_writable(const boost::json::value&);

/// `name`, or `"a name"` where it needs quotes.
std::string write_key(std::string_view name);

/// In one line. A literal text falls back to a basic one where it cannot hold the value.
std::string write_text(std::string_view text, toml_quotes);

/// A text in the form of the one (with quotes) that it replaces, as far as that can hold it.
std::string write_text_like(std::string_view old, std::string_view text, const toml_style&);

/// In one line. The value is writable.
std::string write_value(const boost::json::value&, const toml_style&);

/// How the pairs of a table are written.
struct toml_pair_style {
    std::string indent;
    std::string before = " ";   ///< before the "="
    std::string after = " ";    ///< behind it
    std::size_t column = 0;     ///< of the "=", where all have it below each other; else 0
    std::size_t least_gap = 1;  ///< before it then, for a key that is too long
    toml_style values;

    /// Indents and spaces as that pair does.
    void imitate(std::string_view text, const toml_statement& pair);

    /// Without a line break.
    std::string pair(std::string_view key, std::string_view value) const;
};

/// Of pairs that stand in lines; there is at least one. Where they differ, the last one is the example.
toml_pair_style style_of_lines(std::string_view text, const toml_statements& pairs);

/// Of the values of these pairs, or between these brackets; what they do not tell is as in `otherwise`.
toml_style style_of_values(std::string_view text, const toml_statements& pairs, const toml_style& otherwise);
toml_style style_of_values(std::string_view text, const std::vector<text_range>& values, const toml_style& otherwise);

/// A value that was written as `old`, and meant `before` (null: who knows), as it is to be written to mean `after`.
/// Equal elements at both ends of an array, and equal members of an inline table, stay as they are written; so do
/// comments above elements, and those behind elements that are not taken out. A new element of an array in several
/// lines has a line of its own.
std::string edit_value(std::string_view old, const boost::json::value* before, const boost::json::value& after,
                       const toml_style&);

/// `[...]` with one more element at its end.
std::string with_element(std::string_view array, const boost::json::value& element, const toml_style&);

/// `[...]` without one of its elements. `line_break` is for where there is none to imitate.
std::string without_element(std::string_view array, std::size_t index, std::string_view line_break);

}  // namespace opd
