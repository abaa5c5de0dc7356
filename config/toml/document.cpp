#include "config/toml/document.hpp"

#include "config/utf8.hpp"

#include <algorithm>
#include <utility>

namespace opd {
namespace {

namespace json = boost::json;

bool is_pair(const toml_statement& statement) {
    return statement.what == toml_statement::type::pair;
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string many;
    for (; count > 0; --count) {
        many += text;
    }
    return many;
}

}  // namespace

void toml_document::apply(const table_changes& changes) {
    for (const auto& [pair, written] : changes.values) {
        replace(pair->value, written);
    }
    for (const toml_statements& member : changes.removed) {
        remove(member);
    }
    // What comes to the same place must come in this order, so that each pair is below its header.
    for (const auto& pair : changes.pairs) {
        add_pair(pair);
    }
    const bool first_pairs = !changes.pairs.empty() && changes.pairs.front().behind == nullptr;
    if (first_pairs && !layout().statements.empty()) {
        insert(before_first_header(), std::string(text_.line_break_at(before_first_header())));
    }
    for (const auto& header : changes.headers) {
        add_header(header);
    }
    for (const auto& table : changes.tables) {
        add_table(table);
    }
    for (const auto& [like, last, members] : changes.elements) {
        add_element(*like, *last, *members);
    }
}

void toml_document::replace(const text_range& place, std::string written) {
    splices_.emplace(place.begin, splice{.end = place.end, .written = std::move(written)});
}

void toml_document::insert(std::size_t at, std::string written) {
    replace({at, at}, std::move(written));
}

void toml_document::remove(const toml_statements& statements) {
    for (std::size_t i = 0; i < statements.size(); ++i) {
        const toml_statement* first = statements[i];
        if (is_pair(*first)) {
            replace(first->lines, "");
            continue;
        }
        while (i + 1 < statements.size() && statements[i + 1] == statements[i] + 1) {
            ++i;
        }
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

void toml_document::add_pair(const table_changes::new_pair& pair) {
    const std::size_t section = pair.behind == nullptr ? 0 : pair.behind->section;
    if (!styles_.contains(section)) styles_.emplace(section, text_.style_in(section));
    toml_pair_style style = styles_.at(section);
    if (pair.behind != nullptr && is_pair(*pair.behind)) {
        style.imitate(text_.bytes(), *pair.behind);
    } else {
        style.column = 0;
    }
    const std::size_t at = pair.behind == nullptr ? before_first_header() : pair.behind->lines.end;
    const std::string written = style.pair(pair.key, write_value(*pair.value, style.values));
    insert(at, written + std::string(text_.line_break_at(at)));
}

/// Where pairs of the top level stand if there are none yet.
std::size_t toml_document::before_first_header() const {
    return layout().statements.empty() ? text_.end_of_content() : text_.above(layout().statements.front());
}

std::string toml_document::header_like(const toml_statement& header) const {
    return std::string(text_.bytes().substr(header.lines.begin, header.value.end - header.lines.begin));
}

std::string toml_document::block(std::string_view header, toml_pair_style style, const json::object& members,
                                 std::string_view line_break) const {
    if (style.column > 0) {
        for (const auto& member : members) {
            style.column = std::max(style.column, terminal_columns(style.indent + write_key(member.key())) + 1);
        }
    }
    std::string written(header);
    written += line_break;
    for (const auto& member : members) {
        written += style.pair(write_key(member.key()), write_value(member.value(), style.values));
        written += line_break;
    }
    return written;
}

void toml_document::add_block(toml_text::gap gap, std::size_t blank_lines, std::string block) {
    const std::size_t blanks = gap.is_glued || gap.at == layout().start ? 0 : blank_lines;
    insert(gap.at, repeated(text_.line_break_at(gap.at), blanks) + block);
}

void toml_document::add_at_end(const std::string& header, const json::object& members) {
    const std::size_t at = text_.end_of_content();
    const toml_pair_style style = text_.style_behind(layout().sections.size() - 1);
    add_block({.at = at}, 1, block(header, style, members, text_.line_break_at(at)));
}

void toml_document::add_table(const table_changes::new_table& table) {
    if (table.owner == nullptr) return add_at_end("[" + write_key(table.name) + "]", *table.members);
    const toml_path& owner = layout().sections[table.owner->section];
    const toml_statement* last = table.owner;
    while (last != &layout().statements.back() && layout().is_within(*(last + 1), owner)) {
        ++last;
    }
    const toml_text::gap gap = text_.behind(*last);
    add_block(gap, text_.blank_lines_above(*table.like),
              block(header_like(*table.like), text_.style_in(table.like->section), *table.members,
                    text_.line_break_at(gap.at)));
}

void toml_document::add_header(const table_changes::new_header& header) {
    const toml_statement& next = *header.before;
    const toml_path& path = layout().sections[next.section];
    const auto names = std::count_if(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(header.depth),
                                     [](const auto& step) { return std::holds_alternative<std::string>(step); });
    const std::size_t name_begin = next.key.front().place.begin;
    const std::size_t name_end = next.key[static_cast<std::size_t>(names) - 1].place.end;
    const std::string indent(text_.bytes().substr(next.lines.begin, next.value.begin - next.lines.begin));
    const std::string written =
        indent + "[" + std::string(text_.bytes().substr(name_begin, name_end - name_begin)) + "]";
    const std::size_t at = text_.above(next);
    const std::string_view line_break = text_.line_break_at(at);
    const std::string separator =
        text_.blank_lines_above(next) > 0 || at == layout().start ? std::string(line_break) : "";
    insert(at, block(written, text_.style_in(next.section), header.members, line_break) + separator);
}

void toml_document::add_element(const toml_statement& like, const toml_statement& last, const json::object& members) {
    const toml_text::gap gap = text_.behind(last);
    const std::string line_break(text_.line_break_at(gap.at));
    json::object in_lines;
    std::string tables;
    for (const auto& member : members) {
        const bool is_table = member.value().is_object();
        const toml_statement* header = is_table ? table_beside(layout(), like, member.key()) : nullptr;
        if (header == nullptr) {
            in_lines.emplace(member.key(), member.value());
        } else {
            tables += repeated(line_break, text_.blank_lines_above(*header));
            tables +=
                block(header_like(*header), text_.style_in(header->section), member.value().get_object(), line_break);
        }
    }
    add_block(gap, blank_lines_between_elements(like),
              block(header_like(like), text_.style_in(like.section), in_lines, line_break) + tables);
}

std::size_t toml_document::blank_lines_between_elements(const toml_statement& like) const {
    toml_path path = layout().sections[like.section];
    if (std::get<std::size_t>(path.back()) > 0) return text_.blank_lines_above(like);
    path.back() = std::size_t{1};
    const toml_statements second = text_.within(path);
    return second.empty() ? 1 : text_.blank_lines_above(*second.front());
}

std::string toml_document::edited() const {
    const std::string_view text = text_.bytes();
    std::string made;
    std::size_t at = 0;
    for (const auto& [begin, change] : splices_) {
        if (begin > at) made += text.substr(at, begin - at);
        made += change.written;
        at = std::max({at, begin, change.end});
    }
    made += text.substr(at);
    if (text != original_ && made.ends_with('\n')) made.resize(made.size() - (made.ends_with("\r\n") ? 2 : 1));
    return made;
}

}  // namespace opd
