#pragma once

#include "config/toml/layout.hpp"
#include "config/toml/writer.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

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

using toml_statements = std::vector<const toml_statement*>;

/// Of pairs that stand in lines; there is at least one. Where they differ, the last one is the example.
toml_pair_style style_of_lines(std::string_view text, const toml_statements& pairs);

/// Of the values of these pairs, or between these brackets; what they do not tell is as in `otherwise`.
toml_style style_of_values(std::string_view text, const toml_statements& pairs, const toml_style& otherwise);
toml_style style_of_values(std::string_view text, const std::vector<text_range>& values, const toml_style& otherwise);

}  // namespace opd
