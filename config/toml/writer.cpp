#include "config/toml/writer.hpp"

#include "config/base/utf8.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace opd {
namespace {

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

void append_escaped(std::string& to, char c) {
    switch (c) {
        case '\n': to += "\\n"; break;
        case '\t': to += "\\t"; break;
        case '\r': to += "\\r"; break;
        case '"': to += "\\\""; break;
        case '\\': to += "\\\\"; break;
        default:
            if (is_control(c))
                to += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
            else
                to += c;
    }
}

bool fits_in_literal(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\'' || (is_control(c) && c != '\t'); });
}

bool fits_in_long_literal(std::string_view text) {
    const bool clean = std::ranges::none_of(text, [](char c) { return is_control(c) && c != '\t' && c != '\n'; });
    return clean && text.find("'''") == text.npos && !text.ends_with('\'');
}

/// What stands between three quotes and three quotes.
std::string escape_lines(std::string_view text) {
    std::string escaped;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool may_close = c == '"' && (at + 1 == text.size() || text[at + 1] == '"');
        if (c == '\n' || c == '\t' || (c == '"' && !may_close))
            escaped += c;
        else
            append_escaped(escaped, c);
    }
    return escaped;
}

std::string write_real(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    std::string written = fmt::format("{}", value);
    if (written.find_first_of(".e") == written.npos) written += ".0";
    return written;
}

std::string write_array(const boost::json::array& values, const toml_style& style) {
    std::vector<std::string> written;
    for (const boost::json::value& value : values) written.push_back(write_value(value, style));
    return fmt::format("[{}]", fmt::join(written, ", "));
}

std::string write_table(const boost::json::object& table, const toml_style& style) {
    std::vector<std::string> written;
    for (const auto& [key, value] : table) written.push_back(write_key(key) + style.equals + write_value(value, style));
    const std::string_view padding = table.empty() ? std::string_view() : style.padding;
    return fmt::format("{{{0}{1}{0}}}", padding, fmt::join(written, ", "));
}

std::size_t equals_of(std::string_view text, const toml_statement& pair) {
    return text.find('=', pair.key.back().place.end);
}

std::string_view before_equals(std::string_view text, const toml_statement& pair) {
    return text_range{pair.key.back().place.end, equals_of(text, pair)}.of(text);
}

std::string_view after_equals(std::string_view text, const toml_statement& pair) {
    return text_range{equals_of(text, pair) + 1, pair.value.begin}.of(text);
}

std::size_t column_of_equals(std::string_view text, const toml_statement& pair) {
    return terminal_columns(text_range{pair.lines.begin, equals_of(text, pair)}.of(text));
}

/// More than one blank was put there to align something.
std::string_view without_padding(std::string_view blanks) { return blanks.size() > 1 ? std::string_view(" ") : blanks; }

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

result<void> check_writable(const boost::json::value& value) {
    if (value.is_null()) return problem("TOML has no null", "leave the member out");
    if (const auto* number = value.if_uint64();
        number != nullptr && *number > std::numeric_limits<std::int64_t>::max()) {
        return problem(fmt::format("the number {} is too large for TOML", *number),
                       fmt::format("use at most {}", std::numeric_limits<std::int64_t>::max()));
    }
    if (const auto* array = value.if_array()) {
        for (const boost::json::value& element : *array)
            if (auto checked = check_writable(element); !checked) return checked;
    }
    if (const auto* table = value.if_object()) {
        for (const auto& member : *table)
            if (auto checked = check_writable(member.value()); !checked) return checked;
    }
    return {};
}

std::string write_key(std::string_view name) {
    const bool bare = !name.empty() && std::ranges::all_of(name, is_bare);
    return bare ? std::string(name) : write_text(name, toml_quotes::basic);
}

std::string write_text(std::string_view text, toml_quotes quotes) {
    if (quotes == toml_quotes::literal && fits_in_literal(text)) return fmt::format("'{}'", text);
    std::string written = "\"";
    for (const char c : text) append_escaped(written, c);
    return written + "\"";
}

std::string write_text_like(std::string_view old, std::string_view text, const toml_style& style) {
    const bool literal = old.starts_with('\'');
    const std::string_view three = literal ? "'''" : "\"\"\"";
    // Line breaks of a text in several lines are those of the file.
    const bool in_lines = old.starts_with(three) && text.find('\n') != text.npos && style.line_break == "\n";
    if (!in_lines) return write_text(text, literal ? toml_quotes::literal : toml_quotes::basic);
    const bool breaks_first = old.substr(three.size()).starts_with('\n') || text.starts_with('\n');
    const std::string_view first = breaks_first ? "\n" : "";
    if (literal && fits_in_long_literal(text)) return fmt::format("'''{}{}'''", first, text);
    return fmt::format("\"\"\"{}{}\"\"\"", first, escape_lines(text));
}

std::string write_value(const boost::json::value& value, const toml_style& style) {
    switch (value.kind()) {
        case boost::json::kind::string: return write_text(value.get_string(), style.quotes);
        case boost::json::kind::int64: return fmt::format("{}", value.get_int64());
        case boost::json::kind::uint64: return fmt::format("{}", value.get_uint64());
        case boost::json::kind::double_: return write_real(value.get_double());
        case boost::json::kind::bool_: return value.get_bool() ? "true" : "false";
        case boost::json::kind::array: return write_array(value.get_array(), style);
        case boost::json::kind::object: return write_table(value.get_object(), style);
        case boost::json::kind::null: break;
    }
    return "\"\"";
}

void toml_pair_style::imitate(std::string_view text, const toml_statement& pair) {
    indent = text_range{pair.lines.begin, pair.key.front().place.begin}.of(text);
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
    for (const toml_statement* pair : pairs)
        style.least_gap = std::min(style.least_gap, before_equals(text, *pair).size());
    style.values = style_of_values(text, pairs, {});
    return style;
}

toml_style style_of_values(std::string_view text, const toml_statements& pairs, const toml_style& otherwise) {
    toml_style style = otherwise;
    std::vector<text_range> values;
    for (const toml_statement* pair : pairs) values.push_back(pair->value);
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
        for (const toml_statement& member : table.statements) members.push_back(&member);
        style = style_of_values(text, members, style);
        style.padding = text_range{table.start, members.front()->lines.begin}.of(text);
    }
    if (basic || literal) style.quotes = basic ? toml_quotes::basic : toml_quotes::literal;
    return style;
}

}  // namespace opd
