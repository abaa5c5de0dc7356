#include "config/toml/document.hpp"

#include "config/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd {
namespace {

namespace json = boost::json;

std::string repeated(std::string_view text, std::size_t count) {
    std::string many;
    for (; count > 0; --count) many += text;
    return many;
}

std::string_view first_line_break(std::string_view text) {
    const std::size_t line_feed = text.find('\n');
    const bool crlf = line_feed != text.npos && line_feed > 0 && text[line_feed - 1] == '\r';
    return crlf ? "\r\n" : "\n";
}

std::string with_line_break(std::string_view text) {
    const bool complete = text.size() == byte_order_mark_of(text) || text.back() == '\n';
    return std::string(text) + std::string(complete ? "" : first_line_break(text));
}

}  // namespace

toml_text::toml_text(std::string_view bytes) : bytes_(with_line_break(bytes)), layout_(layout_of_text(bytes_)) {}

toml_statements toml_text::within(const toml_path& path) const {
    toml_statements found;
    for (const toml_statement& statement : layout_.statements)
        if (statement.is_within(path)) found.push_back(&statement);
    return found;
}

toml_text::gap toml_text::behind(const toml_statement& statement) const {
    const std::size_t end = end_behind(statement);
    const std::size_t blank = down(statement.lines.end, end, true);
    if (blank < end) return {.at = blank, .is_glued = false};
    if (end == bytes_.size()) return {.at = end, .is_glued = false};
    return {.at = statement.lines.end, .is_glued = true};
}

std::size_t toml_text::end_of_content() const {
    const std::size_t last = layout_.statements.empty() ? layout_.start : layout_.statements.back().lines.end;
    return up(bytes_.size(), last, false);
}

std::size_t toml_text::above(const toml_statement& statement) const {
    return up(statement.lines.begin, begin_before(statement), true);
}

std::size_t toml_text::blank_lines_above(const toml_statement& statement) const {
    const std::size_t end = above(statement);
    const std::size_t begin = up(end, begin_before(statement), false);
    return static_cast<std::size_t>(std::count(bytes_.begin() + static_cast<std::ptrdiff_t>(begin),
                                               bytes_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
}

text_range toml_text::blanks_before(const toml_statement& statement) const {
    return {up(statement.lines.begin, begin_before(statement), false), statement.lines.begin};
}

text_range toml_text::blanks_behind(const toml_statement& statement) const {
    return {statement.lines.end, down(statement.lines.end, end_behind(statement), false)};
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
        if (statement.is_pair()) pairs.push_back(&statement);
    }
    return pairs;
}

toml_pair_style toml_text::style_in(std::size_t section) const {
    const toml_statements pairs = pairs_of(section);
    if (!pairs.empty()) return style_of_lines(bytes_, pairs);
    toml_pair_style style = style_behind(section);
    const auto header = std::ranges::lower_bound(layout_.statements, section, {}, &toml_statement::section);
    if (section > 0) style.indent = text_range{header->lines.begin, header->value.begin}.of(bytes_);
    return style;
}

toml_pair_style toml_text::style_behind(std::size_t section) const {
    toml_statements example;
    for (std::size_t i = section + 1; i-- > 0 && example.empty();) example = pairs_of(i);
    for (std::size_t i = section + 1; i <= layout_.last_section && example.empty(); ++i) example = pairs_of(i);
    if (example.empty()) return {};
    toml_pair_style style = style_of_lines(bytes_, example);
    style.indent.clear();
    style.column = std::min<std::size_t>(style.column, 1);  // aligned, but not with those
    return style;
}

const toml_statement* toml_text::table_beside(const toml_statement& element, std::string_view name) const {
    const toml_path& path = element.path;
    const toml_path array(path.begin(), path.end() - 1);
    const std::size_t own = std::get<std::size_t>(path.back());
    std::size_t nearest = layout_.statements.size() * 2;
    const toml_statement* header = nullptr;
    for (const toml_statement& statement : layout_.statements) {
        const std::size_t depth = statement.path.size();
        if (depth <= path.size() || !statement.is_within(array)) continue;
        if (std::get<std::string>(statement.path[path.size()]) != name) continue;
        const std::size_t index = *statement.index_at(array.size());
        // Of two that are equally near it is the one before.
        const std::size_t distance = index > own ? (index - own) * 2 : (own - index) * 2 - (index < own ? 1 : 0);
        if (distance < nearest) header = nullptr;
        nearest = std::min(nearest, distance);
        const bool whole_header = statement.what == toml_statement::type::table && depth == path.size() + 1;
        if (distance == nearest && whole_header) header = &statement;
    }
    return header;
}

/// The end of the statement before, or the start of the text.
std::size_t toml_text::begin_before(const toml_statement& statement) const {
    return &statement == &layout_.statements.front() ? layout_.start : (&statement - 1)->lines.end;
}

std::size_t toml_text::end_behind(const toml_statement& statement) const {
    return &statement == &layout_.statements.back() ? bytes_.size() : (&statement + 1)->lines.begin;
}

/// Past lines without a statement that are comments, or that are blank, up to another one.
std::size_t toml_text::up(std::size_t at, std::size_t limit, bool comments) const {
    while (at > limit) {
        const std::string_view rest = std::string_view(bytes_).substr(limit, at - limit - 1);
        const std::size_t line = limit + rest.rfind('\n') + 1;
        if (is_comment(line) != comments) break;
        at = line;
    }
    return at;
}

std::size_t toml_text::down(std::size_t at, std::size_t limit, bool comments) const {
    while (at < limit && is_comment(at) == comments) at = bytes_.find('\n', at) + 1;
    return at;
}

/// Of a line without a statement; else it is blank.
bool toml_text::is_comment(std::size_t line) const { return bytes_[bytes_.find_first_not_of(" \t\r", line)] == '#'; }

void toml_document::replace(const text_range& place, std::string written) {
    splices_.emplace(std::pair(place.begin, rank::change), splice{.end = place.end, .written = std::move(written)});
}

void toml_document::insert(std::size_t at, rank order, std::string written) {
    splices_.emplace(std::pair(at, order), splice{.end = at, .written = std::move(written)});
}

void toml_document::remove(const toml_statements& statements) {
    for (std::size_t i = 0; i < statements.size(); ++i) {
        const toml_statement* first = statements[i];
        if (first->is_pair()) {
            replace(first->lines, "");
            continue;
        }
        while (i + 1 < statements.size() && statements[i + 1] == statements[i] + 1) ++i;
        remove_lines(*first, *statements[i]);
    }
}

/// Of sections, with all that is between them.
void toml_document::remove_lines(const toml_statement& first, const toml_statement& last) {
    text_range gone{first.lines.begin, last.lines.end};
    const text_range before = text_.blanks_before(first);
    const text_range behind = text_.blanks_behind(last);
    const bool at_start = before.begin == layout().start;
    const bool at_end = behind.end == text_.bytes().size();
    const bool is_followed = behind.size() == 0 && !at_end;
    std::string left;
    if (at_start) {
        if (!at_end && before.size() == 0) gone.end = behind.end;
    } else if (before.size() > 0) {
        if (!is_followed) gone.begin = before.begin;
    } else if (text_.behind(last).is_glued && text_.above(first) != first.lines.begin) {
        left = text_.line_break_at(first.lines.begin);  // the comment above belongs to nothing that follows
    }
    replace(gone, left);
}

void toml_document::add_pair(const toml_statement& behind, const std::string& key, const json::value& value) {
    if (!styles_.contains(behind.section)) styles_.emplace(behind.section, text_.style_in(behind.section));
    toml_pair_style style = styles_.at(behind.section);
    if (behind.is_pair())
        style.imitate(text_.bytes(), behind);
    else
        style.column = 0;
    const std::size_t at = behind.lines.end;
    const std::string written = style.pair(key, write_value(value, style.values));
    insert(at, rank::pair, written + std::string(text_.line_break_at(at)));
}

std::string_view toml_document::header_like(const toml_statement& header) const {
    return text_range{header.lines.begin, header.value.end}.of(text_.bytes());
}

std::string toml_document::block(std::string_view header, toml_pair_style style, const json::object& members,
                                 std::string_view line_break) const {
    if (style.column > 0)
        for (const auto& member : members)
            style.column = std::max(style.column, terminal_columns(style.indent + write_key(member.key())) + 1);
    std::string written(header);
    written += line_break;
    for (const auto& member : members) {
        written += style.pair(write_key(member.key()), write_value(member.value(), style.values));
        written += line_break;
    }
    return written;
}

void toml_document::add_block(toml_text::gap gap, rank order, std::size_t blank_lines, std::string block) {
    const std::size_t blanks = gap.is_glued || gap.at == layout().start ? 0 : blank_lines;
    insert(gap.at, order, repeated(text_.line_break_at(gap.at), blanks) + block);
}

void toml_document::add_at_end(const std::string& header, const json::object& members) {
    const std::size_t at = text_.end_of_content();
    const toml_pair_style style = text_.style_behind(layout().last_section);
    add_block({.at = at}, rank::table, 1, block(header, style, members, text_.line_break_at(at)));
}

void toml_document::add_table(const toml_statement& owner, const toml_statement& like, const json::object& members) {
    const toml_statement* last = &owner;
    while (last != &layout().statements.back() && (last + 1)->is_within(owner.path)) ++last;
    const toml_text::gap gap = text_.behind(*last);
    add_block(gap, rank::table, text_.blank_lines_above(like),
              block(header_like(like), text_.style_in(like.section), members, text_.line_break_at(gap.at)));
}

void toml_document::add_header(const toml_statement& next, std::size_t depth, const json::object& members) {
    std::size_t names = 0;
    for (std::size_t step = 0; step < depth; ++step)
        if (!next.index_at(step)) ++names;
    const text_range name{next.key.front().place.begin, next.key[names - 1].place.end};
    const text_range indent{next.lines.begin, next.value.begin};
    const std::string header = fmt::format("{}[{}]", indent.of(text_.bytes()), name.of(text_.bytes()));
    const std::size_t at = text_.above(next);
    const std::string_view line_break = text_.line_break_at(at);
    const std::string_view separator =
        text_.blank_lines_above(next) > 0 || at == layout().start ? line_break : std::string_view();
    insert(at, rank::header, block(header, text_.style_in(next.section), members, line_break) + std::string(separator));
}

void toml_document::add_element(const toml_statement& like, const toml_statement& last, const json::object& members) {
    const toml_text::gap gap = text_.behind(last);
    const std::string line_break(text_.line_break_at(gap.at));
    json::object in_lines;
    std::string tables;
    for (const auto& member : members) {
        const bool is_table = member.value().is_object();
        const toml_statement* header = is_table ? text_.table_beside(like, member.key()) : nullptr;
        if (header == nullptr) {
            in_lines.emplace(member.key(), member.value());
        } else {
            tables += repeated(line_break, text_.blank_lines_above(*header));
            tables +=
                block(header_like(*header), text_.style_in(header->section), member.value().get_object(), line_break);
        }
    }
    add_block(gap, rank::element, blank_lines_between_elements(like),
              block(header_like(like), text_.style_in(like.section), in_lines, line_break) + tables);
}

std::size_t toml_document::blank_lines_between_elements(const toml_statement& like) const {
    toml_path path = like.path;
    if (std::get<std::size_t>(path.back()) > 0) return text_.blank_lines_above(like);
    path.back() = std::size_t{1};
    const toml_statements second = text_.within(path);
    return second.empty() ? 1 : text_.blank_lines_above(*second.front());
}

std::string toml_document::edited() const {
    const std::string_view text = text_.bytes();
    std::string made;
    std::size_t at = 0;
    for (const auto& [place, change] : splices_) {
        const std::size_t begin = place.first;
        if (begin > at) made += text.substr(at, begin - at);
        made += change.written;
        at = std::max({at, begin, change.end});
    }
    made += text.substr(at);
    if (text != original_ && made.ends_with('\n')) made.resize(made.size() - (made.ends_with("\r\n") ? 2 : 1));
    return made;
}

}  // namespace opd
