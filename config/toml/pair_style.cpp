#include "config/toml/pair_style.hpp"

#include "config/utf8.hpp"

#include <algorithm>

namespace opd {
namespace {

std::string_view part(std::string_view text, std::size_t begin, std::size_t end) {
    return text.substr(begin, end - begin);
}

std::size_t equals_of(std::string_view text, const toml_statement& pair) {
    return text.find('=', pair.key.back().place.end);
}

std::string_view before_equals(std::string_view text, const toml_statement& pair) {
    return part(text, pair.key.back().place.end, equals_of(text, pair));
}

std::string_view after_equals(std::string_view text, const toml_statement& pair) {
    return part(text, equals_of(text, pair) + 1, pair.value.begin);
}

std::size_t column_of_equals(std::string_view text, const toml_statement& pair) {
    return terminal_columns(part(text, pair.lines.begin, equals_of(text, pair)));
}

/// More than one blank was put there to align something.
std::string_view without_padding(std::string_view blanks) {
    return blanks.size() > 1 ? std::string_view(" ") : blanks;
}

/// The column that the "=" of all pairs have in common on purpose; 0: there is none.
std::size_t common_column(std::string_view text, const toml_statements& pairs) {
    const std::size_t column = column_of_equals(text, *pairs.front());
    bool on_purpose = false;
    for (const toml_statement* pair : pairs) {
        const std::string_view blanks = before_equals(text, *pair);
        if (column_of_equals(text, *pair) != column || blanks.find('\t') != blanks.npos) return 0;
        on_purpose = on_purpose || blanks.size() > 1 || blanks.size() != before_equals(text, *pairs.front()).size();
    }
    return on_purpose ? column : 0;
}

}  // namespace

void toml_pair_style::imitate(std::string_view text, const toml_statement& pair) {
    indent = part(text, pair.lines.begin, pair.key.front().place.begin);
    before = before_equals(text, pair);
    if (before.find('\t') == before.npos) before = without_padding(before);
    after = after_equals(text, pair);
}

std::string toml_pair_style::pair(std::string_view key, std::string_view value) const {
    std::string written = indent + std::string(key);
    if (column == 0) {
        written += before;
    } else {
        const std::size_t width = terminal_columns(written);
        written.append(width < column ? std::max(column - width, least_gap) : least_gap, ' ');
    }
    return written + "=" + after + std::string(value);
}

toml_pair_style style_of_lines(std::string_view text, const toml_statements& pairs) {
    toml_pair_style style;
    style.imitate(text, *pairs.back());
    style.column = common_column(text, pairs);
    for (const toml_statement* pair : pairs) {
        style.least_gap = std::min(style.least_gap, before_equals(text, *pair).size());
    }
    style.values = style_of_values(text, pairs, {});
    return style;
}

toml_style style_of_values(std::string_view text, const toml_statements& pairs, const toml_style& otherwise) {
    toml_style style = otherwise;
    std::vector<text_range> values;
    for (const toml_statement* pair : pairs) {
        values.push_back(pair->value);
    }
    if (!pairs.empty()) {
        style.equals = without_padding(before_equals(text, *pairs.back()));
        style.equals += '=';
        style.equals += without_padding(after_equals(text, *pairs.back()));
    }
    return style_of_values(text, values, style);
}

toml_style style_of_values(std::string_view text, const std::vector<text_range>& values, const toml_style& otherwise) {
    toml_style style = otherwise;
    toml_layout table;
    bool basic = false;
    bool literal = false;
    for (const text_range& value : values) {
        const char first = text[value.begin];
        const std::string_view start = text.substr(value.begin, 3);
        basic = basic || (first == '"' && start != "\"\"\"");
        literal = literal || (first == '\'' && start != "'''");
        if (first == '{' && table.statements.empty()) table = layout_of_inline_table(text, value);
    }
    if (!table.statements.empty()) {
        toml_statements members;
        for (const toml_statement& member : table.statements) {
            members.push_back(&member);
        }
        style = style_of_values(text, members, style);
        style.padding = part(text, table.start, members.front()->lines.begin);
    }
    if (basic || literal) style.quotes = basic ? toml_quotes::basic : toml_quotes::literal;
    return style;
}

}  // namespace opd
