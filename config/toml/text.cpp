#include "config/toml/text.hpp"

#include <algorithm>
#include <ranges>

namespace opd {
namespace {

std::string_view first_line_break(std::string_view text) {
    const std::size_t line_feed = text.find('\n');
    const bool crlf = line_feed != text.npos && line_feed > 0 && text[line_feed - 1] == '\r';
    return crlf ? "\r\n" : "\n";
}

std::string with_line_break(std::string_view text) {
    const bool complete = text.empty() || text == byte_order_mark || text.back() == '\n';
    return std::string(text) + std::string(complete ? "" : first_line_break(text));
}

}  // namespace

toml_text::toml_text(std::string_view bytes) : bytes_(with_line_break(bytes)), layout_(layout_of_text(bytes_)) {}

toml_statements toml_text::within(const toml_path& path) const {
    toml_statements found;
    for (const toml_statement& statement : layout_.statements) {
        if (layout_.is_within(statement, path)) found.push_back(&statement);
    }
    return found;
}

toml_text::gap toml_text::behind(const toml_statement& statement) const {
    const std::vector<line> after = lines_behind(statement);
    const auto blank = std::ranges::find(after, false, &line::is_comment);
    if (blank != after.end()) return {.at = blank->place.begin, .is_glued = false};
    if (&statement == &layout_.statements.back()) return {.at = bytes_.size(), .is_glued = false};
    return {.at = statement.lines.end, .is_glued = true};
}

std::size_t toml_text::end_of_content() const {
    const std::size_t last = layout_.statements.empty() ? layout_.start : layout_.statements.back().lines.end;
    const std::vector<line> rest = lines(last, bytes_.size());
    const auto comment = std::ranges::find(rest.rbegin(), rest.rend(), true, &line::is_comment);
    return comment == rest.rend() ? last : comment->place.end;
}

std::size_t toml_text::above(const toml_statement& statement) const {
    std::size_t begin = statement.lines.begin;
    for (const line& each : lines_before(statement) | std::views::reverse) {
        if (!each.is_comment) break;
        begin = each.place.begin;
    }
    return begin;
}

std::size_t toml_text::blank_lines_above(const toml_statement& statement) const {
    const std::size_t begin = above(statement);
    std::size_t count = 0;
    for (const line& each : lines_before(statement) | std::views::reverse) {
        if (each.place.begin >= begin) continue;
        if (each.is_comment) break;
        ++count;
    }
    return count;
}

text_range toml_text::blanks_before(const toml_statement& statement) const {
    text_range blanks{statement.lines.begin, statement.lines.begin};
    for (const line& each : lines_before(statement) | std::views::reverse) {
        if (each.is_comment) break;
        blanks.begin = each.place.begin;
    }
    return blanks;
}

text_range toml_text::blanks_behind(const toml_statement& statement) const {
    text_range blanks{statement.lines.end, statement.lines.end};
    for (const line& each : lines_behind(statement)) {
        if (each.is_comment) break;
        blanks.end = each.place.end;
    }
    return blanks;
}

std::string_view toml_text::line_break_at(std::size_t place) const {
    const std::string_view before = std::string_view(bytes_).substr(0, place);
    if (!before.ends_with('\n')) return first_line_break(bytes_);
    return before.ends_with("\r\n") ? "\r\n" : "\n";
}

toml_statements toml_text::pairs_of(std::size_t section) const {
    toml_statements pairs;
    for (const toml_statement& statement :
         std::ranges::equal_range(layout_.statements, section, {}, &toml_statement::section)) {
        if (statement.what == toml_statement::type::pair) pairs.push_back(&statement);
    }
    return pairs;
}

toml_pair_style toml_text::style_in(std::size_t section) const {
    const toml_statements pairs = pairs_of(section);
    if (!pairs.empty()) return style_of_lines(bytes_, pairs);
    toml_pair_style style = style_behind(section);
    const auto header = std::ranges::lower_bound(layout_.statements, section, {}, &toml_statement::section);
    if (section > 0) style.indent = bytes_.substr(header->lines.begin, header->value.begin - header->lines.begin);
    return style;
}

toml_pair_style toml_text::style_behind(std::size_t section) const {
    toml_statements example;
    for (std::size_t i = section + 1; i-- > 0 && example.empty();) {
        example = pairs_of(i);
    }
    for (std::size_t i = section + 1; i < layout_.sections.size() && example.empty(); ++i) {
        example = pairs_of(i);
    }
    if (example.empty()) return {};
    toml_pair_style style = style_of_lines(bytes_, example);
    style.indent.clear();
    style.column = std::min<std::size_t>(style.column, 1);  // aligned, but not with those
    return style;
}

std::vector<toml_text::line> toml_text::lines_before(const toml_statement& statement) const {
    const bool first = &statement == &layout_.statements.front();
    return lines(first ? layout_.start : (&statement - 1)->lines.end, statement.lines.begin);
}

std::vector<toml_text::line> toml_text::lines_behind(const toml_statement& statement) const {
    const bool last = &statement == &layout_.statements.back();
    return lines(statement.lines.end, last ? bytes_.size() : (&statement + 1)->lines.begin);
}

/// Lines without a statement.
std::vector<toml_text::line> toml_text::lines(std::size_t begin, std::size_t end) const {
    std::vector<line> found;
    while (begin < end) {
        const std::size_t next = bytes_.find('\n', begin) + 1;
        const std::string_view text = std::string_view(bytes_).substr(begin, next - begin);
        found.push_back({.place = {begin, next}, .is_comment = text.find('#') != text.npos});
        begin = next;
    }
    return found;
}

}  // namespace opd
