#include "client/table.hpp"

#include "client/text.hpp"
#include "config/base/utf8.hpp"

#include <algorithm>

namespace opd {
namespace {

std::string_view escape_sequence(tint colour) {
    switch (colour) {
        case tint::good: return "\x1b[32m";
        case tint::warning: return "\x1b[33m";
        case tint::bad: return "\x1b[31m";
        case tint::faint: return "\x1b[2m";
        case tint::strong: return "\x1b[1m";
        case tint::plain: break;
    }
    return {};
}

struct laid_out {
    std::string text;
    std::size_t width;
    tint colour;
};

laid_out lay_out(const cell& one) {
    std::string text = printable(one.text);
    const std::size_t width = terminal_columns(text);
    return {.text = std::move(text), .width = width, .colour = one.colour};
}

void add_line(std::string& out, const std::vector<laid_out>& cells, const std::vector<std::size_t>& widths,
              const std::vector<column>& columns, bool colour) {
    std::size_t blanks = 0;  // owed to the next text, so that no line ends in blanks
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::size_t gap = widths[i] - cells[i].width;
        if (columns[i].right) blanks += gap;
        if (!cells[i].text.empty()) {
            out.append(blanks, ' ');
            blanks = 0;
            out += tinted(cells[i].text, cells[i].colour, colour);
        } else {
            blanks += cells[i].width;
        }
        if (!columns[i].right) blanks += gap;
        blanks += 2;
    }
    out += '\n';
}

}  // namespace

std::string tinted(std::string_view printable_text, tint colour, bool use_colour) {
    if (!use_colour || colour == tint::plain) return std::string(printable_text);
    std::string out(escape_sequence(colour));
    out += printable_text;
    out += "\x1b[0m";
    return out;
}

std::string render_table(const std::vector<column>& columns, const std::vector<std::vector<cell>>& rows, bool colour) {
    std::vector<std::vector<laid_out>> lines;
    lines.reserve(rows.size() + 1);
    std::vector<laid_out>& titles = lines.emplace_back();
    for (const column& one : columns)
        titles.push_back(lay_out({.text = std::string(one.title), .colour = tint::strong}));
    for (const std::vector<cell>& row : rows) {
        std::vector<laid_out>& line = lines.emplace_back();
        for (const cell& one : row) line.push_back(lay_out(one));
    }
    std::vector<std::size_t> widths(columns.size(), 0);
    for (const std::vector<laid_out>& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].width);
    std::string out;
    for (const std::vector<laid_out>& line : lines) add_line(out, line, widths, columns, colour);
    return out;
}

std::string render_facts(const std::vector<std::pair<std::string_view, cell>>& facts, bool colour) {
    std::size_t width = 0;
    for (const auto& [label, value] : facts) width = std::max(width, terminal_columns(label));
    std::string out;
    for (const auto& [label, value] : facts) {
        out += label;
        out.append(width - terminal_columns(label) + 2, ' ');
        out += tinted(printable(value.text), value.colour, colour);
        out += '\n';
    }
    return out;
}

}  // namespace opd
