#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace opd {

enum class tint : unsigned char { plain, good, warning, bad, faint, strong };

/// The text in a colour, for a terminal; as it is where colour is off.
std::string tinted(std::string_view printable_text, tint, bool colour);

struct column {
    std::string_view title;
    bool right = false;  ///< aligned at the right: numbers
};

struct cell {
    std::string text;  ///< any text: it is made printable here
    tint colour = tint::plain;
};

/// A table with a line of titles, columns aligned by what a terminal shows and two blanks apart, no blanks at the ends
/// of lines. Every row has as many cells as there are columns. Each line ends in a line break.
std::string render_table(const std::vector<column>&, const std::vector<std::vector<cell>>& rows, bool colour);

/// `LABEL  TEXT` lines with aligned texts, for the facts about one thing.
std::string render_facts(const std::vector<std::pair<std::string_view, cell>>&, bool colour);

}  // namespace opd
