#include "config/toml/editor.hpp"

#include "config/toml/document.hpp"
#include "config/toml/parse.hpp"
#include "config/toml/writer.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::size_t no_section = static_cast<std::size_t>(-1);
constexpr std::string_view by_hand = "edit this by hand";

bool all_tables(const json::array& values) {
    return std::ranges::all_of(values, [](const json::value& value) { return value.is_object(); });
}

/// Where new pairs of a table belong.
struct table_home {
    const toml_statement* header = nullptr;
    std::size_t section = no_section;  ///< none: only tables within it have a header
    std::string prefix;                ///< of dotted keys
    toml_statements pairs;             ///< those that are there
};

/// Takes tables of a document from one state to another.
class table_editor {
public:
    table_editor(toml_document& document, toml_style style)
        : document_(document), text_(document.text().bytes()), style_(std::move(style)) {}

    /// `all` are the statements at or below the table, `depth` is that of the table. False: nothing is left of it. That
    /// can only be if `after` is empty.
    bool update(const toml_statements& all, std::size_t depth, const json::object& before, const json::object& after);

private:
    struct written_members {
        std::unordered_map<std::string_view, toml_statements> known;
        bool unknown = false;  ///< there are more
    };

    written_members members_of(const toml_statements& all, std::size_t depth, const json::object& before,
                               const json::object& after) const;
    table_home home_of(const toml_statements& all, std::size_t depth) const;
    bool change(const toml_statements& member, std::size_t depth, const json::value* before, const json::value& after,
                const toml_style&);
    bool change_elements(const toml_statements& member, std::size_t depth, const json::array& before,
                         const json::array& after);
    bool add_as_table(const table_home&, std::size_t depth, const json::key_value_pair& member);

    toml_document& document_;
    std::string_view text_;
    toml_style style_;
};

bool table_editor::update(const toml_statements& all, std::size_t depth, const json::object& before,
                          const json::object& after) {
    const written_members found = members_of(all, depth, before, after);
    const table_home home = home_of(all, depth);
    for (const auto& member : before) {
        const auto written = found.known.find(member.key());
        if (written != found.known.end() && !after.contains(member.key())) document_.remove(written->second);
    }
    const toml_style style = style_of_values(text_, home.pairs, style_);
    const toml_statement* predecessor = nullptr;
    std::vector<const json::key_value_pair*> at_the_end;
    json::object in_new_header;
    for (const auto& member : after) {
        const json::value* old = before.if_contains(member.key());
        const auto written = found.known.find(member.key());
        bool done = old != nullptr && same_value(*old, member.value());
        if (written != found.known.end()) {
            done = done || change(written->second, depth + 1, old, member.value(), style);
            for (const toml_statement* statement : written->second)
                if (statement->is_pair() && statement->section == home.section) predecessor = statement;
        }
        if (done || add_as_table(home, depth, member)) continue;
        if (home.section == no_section)
            in_new_header.emplace(member.key(), member.value());
        else if (predecessor == nullptr)
            at_the_end.push_back(&member);
        else
            document_.add_pair(*predecessor, home.prefix + write_key(member.key()), member.value());
    }
    for (const json::key_value_pair* member : at_the_end) {
        const toml_statement& last = home.pairs.empty() ? *home.header : *home.pairs.back();
        document_.add_pair(last, home.prefix + write_key(member->key()), member->value());
    }
    if (!in_new_header.empty()) document_.add_header(*all.front(), depth, in_new_header);
    return home.header != nullptr || found.unknown || !after.empty();
}

table_editor::written_members table_editor::members_of(const toml_statements& all, std::size_t depth,
                                                       const json::object& before, const json::object& after) const {
    written_members found;
    for (const toml_statement* statement : all) {
        if (statement->path.size() == depth) continue;
        const auto& name = std::get<std::string>(statement->path[depth]);
        if (before.contains(name) || after.contains(name))
            found.known[name].push_back(statement);
        else
            found.unknown = true;
    }
    return found;
}

table_home table_editor::home_of(const toml_statements& all, std::size_t depth) const {
    table_home home;
    if (depth == 0) home.section = 0;
    for (const toml_statement* statement : all) {
        const std::size_t section_depth = statement->section_depth();
        if (!statement->is_pair() && section_depth == depth) {
            home.header = statement;
            home.section = statement->section;
        } else if (statement->is_pair() && section_depth < depth) {
            const std::vector<toml_key>& key = statement->key;
            const std::size_t begin = key.front().place.begin;
            home.section = statement->section;
            home.prefix = text_.substr(begin, key[depth - section_depth].place.begin - begin);
        }
    }
    for (const toml_statement* statement : all)
        if (statement->is_pair() && statement->section == home.section) home.pairs.push_back(statement);
    return home;
}

/// Changes a member, whose depth is given. False: it is gone and must be written anew.
bool table_editor::change(const toml_statements& member, std::size_t depth, const json::value* before,
                          const json::value& after, const toml_style& style) {
    const toml_statement& first = *member.front();
    if (member.size() == 1 && first.is_pair() && first.path.size() == depth) {
        document_.replace(first.value, edit_value(first.value.of(text_), before, after, style));
        return true;
    }
    const bool is_array = first.index_at(depth).has_value();
    if (before != nullptr && before->is_object() && after.is_object() && !is_array)
        return update(member, depth, before->get_object(), after.get_object());
    if (before != nullptr && before->is_array() && after.is_array() && is_array) {
        if (change_elements(member, depth, before->get_array(), after.get_array())) return true;
    }
    document_.remove(member);
    return false;
}

/// Of an array of tables with headers; false: nothing was done.
bool table_editor::change_elements(const toml_statements& member, std::size_t depth, const json::array& before,
                                   const json::array& after) {
    std::vector<toml_statements> elements;
    for (const toml_statement* statement : member) {
        const std::size_t index = *statement->index_at(depth);
        elements.resize(std::max(elements.size(), index + 1));
        elements[index].push_back(statement);
    }
    if (after.empty() || elements.size() != before.size() || !all_tables(before) || !all_tables(after)) return false;
    auto [head, tail] = common_ends(before, after);
    // There is no place in front of the first header, whose comments are above it: each becomes the next.
    if (head == 0 && tail == before.size()) tail = 0;
    const std::size_t old_end = before.size() - tail;
    const std::size_t new_end = after.size() - tail;
    for (std::size_t i = head; i < std::min(old_end, new_end); ++i)
        update(elements[i], depth + 1, before[i].get_object(), after[i].get_object());
    for (std::size_t i = new_end; i < old_end; ++i) document_.remove(elements[i]);
    for (std::size_t i = old_end; i < new_end; ++i) {
        const toml_statements& last = elements[old_end - 1];
        document_.add_element(*last.front(), *last.back(), after[i].get_object());
    }
    return true;
}

bool table_editor::add_as_table(const table_home& home, std::size_t depth, const json::key_value_pair& member) {
    if (!member.value().is_object()) return false;
    const json::object& members = member.value().get_object();
    if (depth == 0) {
        document_.add_at_end("[" + write_key(member.key()) + "]", members);
        return true;
    }
    const bool element = home.header != nullptr && home.header->what == toml_statement::type::element;
    const toml_statement* like = element ? document_.text().table_beside(*home.header, member.key()) : nullptr;
    if (like != nullptr) document_.add_table(*home.header, *like, members);
    return like != nullptr;
}

diagnostic refusal(const source_text& source, const toml_statement& statement, const std::string& what) {
    return source.at(statement.value.begin, statement.value.size(), what, std::string(by_hand));
}

result<void, diagnostic> check_members(const source_text& source, const json::object& table) {
    for (const auto& member : table) {
        if (const auto checked = check_writable(member.value()); !checked) {
            return source.whole(fmt::format("{}: {}", write_key(member.key()), checked.error().message),
                                checked.error().hint);
        }
    }
    return {};
}

/// An array of tables at the top level of a document, however it is written.
class table_array {
public:
    table_array(const source_text& source, std::string_view name)
        : source_(source), name_(name), document_(source.text()) {}

    /// An error names the line whose shape does not allow a change.
    result<void, diagnostic> find() {
        statements_ = document_.text().within({name_});
        if (statements_.empty()) return {};
        const toml_statement& first = *statements_.front();
        if (first.is_pair() && first.path.size() == 1 && text()[first.value.begin] == '[') {
            // The parser takes a header within for a part of the last element, whichever that is.
            if (statements_.size() > 1) {
                return refusal(source_, *statements_[1],
                               fmt::format("{} is written as a value in line {}, and as a header here",
                                           write_key(name_), source_.line_of(first.value.begin)));
            }
            pair_ = &first;
        } else if (!first.index_at(1)) {
            return refusal(source_, first, fmt::format("{} is not an array of tables here", write_key(name_)));
        }
        return {};
    }

    result<std::string, diagnostic> update(std::size_t index, const json::object& before, const json::object& after) {
        if (pair_ != nullptr) {
            const std::vector<text_range> elements = elements_of_array(text(), pair_->value);
            if (index >= elements.size() || text()[elements[index].begin] != '{') return no_table(index);
            const json::value was(before);
            document_.replace(elements[index], edit_value(elements[index].of(text()), &was, after, style()));
            return edited();
        }
        const toml_path path{name_, index};
        const toml_statements all = document_.text().within(path);
        if (all.empty()) return no_table(index);
        toml_style style;
        style.line_break = document_.text().line_break_at(all.front()->lines.end);
        table_editor(document_, style).update(all, path.size(), before, after);
        return edited();
    }

    result<std::string, diagnostic> append(const json::object& element) {
        if (pair_ != nullptr) {
            document_.replace(pair_->value, with_element(pair_->value.of(text()), element, style()));
        } else if (statements_.empty()) {
            document_.add_at_end("[[" + write_key(name_) + "]]", element);
        } else {
            const auto like = std::ranges::find_if(statements_.rbegin(), statements_.rend(), [](const auto* each) {
                return !each->is_pair() && each->path.size() == 2;
            });
            document_.add_element(**like, *statements_.back(), element);
        }
        return edited();
    }

    result<std::string, diagnostic> remove(std::size_t index) {
        if (pair_ != nullptr) {
            if (index >= elements_of_array(text(), pair_->value).size()) return no_table(index);
            document_.replace(pair_->value, without_element(pair_->value.of(text()), index, style().line_break));
            return edited();
        }
        const toml_statements all = document_.text().within({name_, index});
        if (all.empty()) return no_table(index);
        document_.remove(all);
        return edited();
    }

private:
    std::string_view text() const { return document_.text().bytes(); }

    // An aggregate could be made of one string as well, so result<> wants to be told which of the two it is.
    result<std::string, diagnostic> edited() const { return {boost::system::in_place_value, document_.edited()}; }

    diagnostic no_table(std::size_t index) const {
        const std::string what = fmt::format("there is no table {}[{}]", write_key(name_), index);
        return pair_ == nullptr ? source_.whole(what, std::string(by_hand)) : refusal(source_, *pair_, what + " here");
    }

    /// Of the values within the pair.
    toml_style style() const {
        toml_style otherwise;
        otherwise.line_break = document_.text().line_break_at(pair_->lines.end);
        return style_of_values(text(), document_.text().pairs_of(pair_->section), otherwise);
    }

    const source_text& source_;
    std::string name_;
    toml_document document_;
    toml_statements statements_;            ///< those of the array, and of all within it
    const toml_statement* pair_ = nullptr;  ///< `name = [...]`; else there are headers, or nothing
};

/// `written` is what there is to be in the array.
template <class Change>
result<std::string, diagnostic> change_array(const source_text& source, std::string_view name,
                                             const json::object& written, const Change& change) {
    if (auto checked = check_members(source, written); !checked) return checked.error();
    table_array array(source, name);
    if (auto found = array.find(); !found) return found.error();
    return change(array);
}

}  // namespace

result<std::string, diagnostic> update_table(const source_text& source, std::string_view name,
                                             const json::object& before, const json::object& after) {
    if (auto checked = check_members(source, after); !checked) return checked.error();
    toml_document document(source.text());
    toml_style style;
    style.line_break = document.text().line_break_at(0);
    table_editor(document, style).update(document.text().within({}), 0, {{name, before}}, {{name, after}});
    return {boost::system::in_place_value, document.edited()};
}

result<std::string, diagnostic> update_element(const source_text& source, std::string_view array, std::size_t index,
                                               const json::object& before, const json::object& after) {
    return change_array(source, array, after, [&](table_array& of) { return of.update(index, before, after); });
}

result<std::string, diagnostic> append_element(const source_text& source, std::string_view array,
                                               const json::object& element) {
    return change_array(source, array, element, [&](table_array& of) { return of.append(element); });
}

result<std::string, diagnostic> remove_element(const source_text& source, std::string_view array, std::size_t index) {
    return change_array(source, array, {}, [&](table_array& of) { return of.remove(index); });
}

}  // namespace opd
