#include "config/toml/table_diff.hpp"

#include "config/toml/json_compare.hpp"
#include "config/toml/list.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::size_t no_section = static_cast<std::size_t>(-1);

bool is_pair(const toml_statement& statement) {
    return statement.what == toml_statement::type::pair;
}

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

class differ {
public:
    /// Headers can only be made in a text.
    differ(std::string_view text, const toml_layout& layout, bool is_text, toml_style style)
        : text_(text), layout_(layout), is_text_(is_text), style_(std::move(style)) {}

    /// False: nothing is left of the table. That can only be if `after` is empty.
    bool update(const toml_statements& all, std::size_t depth, const json::object& before, const json::object& after);

    table_changes take() { return std::move(changes_); }

private:
    struct members {
        std::unordered_map<std::string_view, toml_statements> known;
        bool unknown = false;  ///< there are more
    };

    members members_of(const toml_statements& all, std::size_t depth, const json::object& before,
                       const json::object& after) const;
    table_home home_of(const toml_statements& all, std::size_t depth) const;
    bool change(const toml_statements& member, std::size_t depth, const json::value* before, const json::value& after,
                const toml_style&);
    bool change_elements(const toml_statements& member, std::size_t depth, const json::array& before,
                         const json::array& after);
    bool add_as_table(const table_home&, std::size_t depth, const json::key_value_pair& member);

    std::string_view text_;
    const toml_layout& layout_;
    bool is_text_;
    toml_style style_;
    table_changes changes_;
};

bool differ::update(const toml_statements& all, std::size_t depth, const json::object& before,
                    const json::object& after) {
    const members found = members_of(all, depth, before, after);
    const table_home home = home_of(all, depth);
    for (const auto& member : before) {
        const auto written = found.known.find(member.key());
        if (written != found.known.end() && !after.contains(member.key())) changes_.removed.push_back(written->second);
    }
    const toml_style style = style_of_values(text_, home.pairs, style_);
    const toml_statement* predecessor = nullptr;
    std::vector<table_changes::new_pair> at_the_end;
    json::object in_new_header;
    for (const auto& member : after) {
        const json::value* old = before.if_contains(member.key());
        const bool same = old != nullptr && same_value(*old, member.value());
        const auto written = found.known.find(member.key());
        bool done = same;
        if (written != found.known.end()) {
            done = done || change(written->second, depth + 1, old, member.value(), style);
            for (const toml_statement* statement : written->second) {
                if (is_pair(*statement) && statement->section == home.section) predecessor = statement;
            }
        }
        if (done || add_as_table(home, depth, member)) continue;
        if (home.section == no_section) {
            in_new_header.emplace(member.key(), member.value());
            continue;
        }
        auto& group = predecessor == nullptr ? at_the_end : changes_.pairs;
        group.push_back({predecessor, home.prefix + write_key(member.key()), &member.value()});
    }
    for (table_changes::new_pair& pair : at_the_end) {
        pair.behind = home.pairs.empty() ? home.header : home.pairs.back();
        changes_.pairs.push_back(std::move(pair));
    }
    if (!in_new_header.empty()) changes_.headers.push_back({all.front(), depth, std::move(in_new_header)});
    return home.header != nullptr || found.unknown || !after.empty();
}

differ::members differ::members_of(const toml_statements& all, std::size_t depth, const json::object& before,
                                   const json::object& after) const {
    members found;
    for (const toml_statement* statement : all) {
        if (layout_.depth(*statement) == depth) continue;
        const std::string& name = *layout_.name_at(*statement, depth);
        if (before.contains(name) || after.contains(name)) {
            found.known[name].push_back(statement);
        } else {
            found.unknown = true;
        }
    }
    return found;
}

table_home differ::home_of(const toml_statements& all, std::size_t depth) const {
    table_home home;
    if (depth == 0) home.section = 0;
    for (const toml_statement* statement : all) {
        const std::size_t section_depth = layout_.sections[statement->section].size();
        if (!is_pair(*statement) && section_depth == depth) {
            home.header = statement;
            home.section = statement->section;
        } else if (is_pair(*statement) && section_depth < depth) {
            const std::vector<toml_key>& key = statement->key;
            const std::size_t begin = key.front().place.begin;
            home.section = statement->section;
            home.prefix = text_.substr(begin, key[depth - section_depth].place.begin - begin);
        }
    }
    for (const toml_statement* statement : all) {
        if (is_pair(*statement) && statement->section == home.section) home.pairs.push_back(statement);
    }
    return home;
}

/// Changes a member, whose depth is given. False: it is gone and must be written anew.
bool differ::change(const toml_statements& member, std::size_t depth, const json::value* before,
                    const json::value& after, const toml_style& style) {
    const toml_statement& first = *member.front();
    if (member.size() == 1 && is_pair(first) && layout_.depth(first) == depth) {
        static const json::value nothing;
        const std::string_view old = text_.substr(first.value.begin, first.value.size());
        changes_.values.push_back({&first, edit_value(old, before == nullptr ? nothing : *before, after, style)});
        return true;
    }
    const bool is_array = layout_.index_at(first, depth).has_value();
    if (before != nullptr && before->is_object() && after.is_object() && !is_array) {
        return update(member, depth, before->get_object(), after.get_object());
    }
    if (before != nullptr && before->is_array() && after.is_array() && is_array) {
        if (change_elements(member, depth, before->get_array(), after.get_array())) return true;
    }
    changes_.removed.push_back(member);
    return false;
}

/// Of an array of tables with headers; false: nothing was done.
bool differ::change_elements(const toml_statements& member, std::size_t depth, const json::array& before,
                             const json::array& after) {
    using type = array_step::type;
    std::vector<toml_statements> elements;
    for (const toml_statement* statement : member) {
        elements.resize(std::max(elements.size(), *layout_.index_at(*statement, depth) + 1));
        elements[*layout_.index_at(*statement, depth)].push_back(statement);
    }
    if (after.empty() || elements.size() != before.size() || !all_tables(before) || !all_tables(after)) return false;
    std::vector<array_step> steps = steps_between(before, after);
    if (steps.front().what == type::insert) {
        // There is no place in front of the first header, whose comments are above it: each becomes the next.
        steps.clear();
        for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
            const bool both = i < before.size() && i < after.size();
            steps.push_back({both                ? type::change
                             : i < before.size() ? type::remove
                                                 : type::insert,
                             std::min(i, before.size()), i});
        }
    }
    for (const array_step& step : steps) {
        if (step.what == type::change) {
            update(elements[step.before], depth + 1, before[step.before].get_object(), after[step.after].get_object());
        } else if (step.what == type::remove) {
            changes_.removed.push_back(elements[step.before]);
        } else if (step.what == type::insert) {
            const toml_statements& last = elements[step.before - 1];
            changes_.elements.push_back({last.front(), last.back(), &after[step.after].get_object()});
        }
    }
    return true;
}

bool differ::add_as_table(const table_home& home, std::size_t depth, const json::key_value_pair& member) {
    if (!is_text_ || !member.value().is_object()) return false;
    const bool element = home.header != nullptr && home.header->what == toml_statement::type::element;
    const toml_statement* like = element ? table_beside(layout_, *home.header, member.key()) : nullptr;
    if (depth > 0 && like == nullptr) return false;
    changes_.tables.push_back({home.header, like, member.key(), &member.value().get_object()});
    return true;
}

toml_statements all_of(const toml_layout& layout) {
    toml_statements all;
    for (const toml_statement& statement : layout.statements) {
        all.push_back(&statement);
    }
    return all;
}

std::string edit_inline_table(std::string_view old, const json::object& before, const json::object& after,
                              const toml_style& otherwise) {
    const text_range whole{0, old.size()};
    const toml_layout layout = layout_of_inline_table(old, whole);
    const toml_statements all = all_of(layout);
    const toml_style style = style_of_values(old, all, otherwise);
    std::vector<text_range> places;
    for (const toml_statement* pair : all) {
        places.push_back(pair->lines);
    }
    const auto place_of = [&layout](const toml_statement& pair) {
        return static_cast<std::size_t>(&pair - layout.statements.data());
    };
    differ difference(old, layout, false, otherwise);
    difference.update(all, 0, before, after);
    const table_changes changes = difference.take();
    toml_list list(old, whole, places);
    for (const auto& [pair, written] : changes.values) {
        const std::size_t begin = pair->lines.begin;
        list.replace(place_of(*pair), std::string(old.substr(begin, pair->value.begin - begin)) + written);
    }
    for (const toml_statements& member : changes.removed) {
        for (const toml_statement* pair : member) {
            list.remove(place_of(*pair));
        }
    }
    for (const auto& [behind, key, value] : changes.pairs) {
        list.insert(behind == nullptr ? 0 : place_of(*behind) + 1, key + style.equals + write_value(*value, style));
    }
    return list.write(style.line_break);
}

std::string edit_array(std::string_view old, const json::array& before, const json::array& after,
                       const toml_style& otherwise) {
    using type = array_step::type;
    const text_range whole{0, old.size()};
    const std::vector<text_range> places = elements_of_array(old, whole);
    const toml_style style = style_of_values(old, places, otherwise);
    if (places.size() != before.size()) return write_value(after, style);
    toml_list list(old, whole, places);
    for (const array_step& step : steps_between(before, after)) {
        if (step.what == type::change) {
            const text_range& place = places[step.before];
            list.replace(step.before, edit_value(old.substr(place.begin, place.size()), before[step.before],
                                                 after[step.after], style));
        } else if (step.what == type::remove) {
            list.remove(step.before);
        } else if (step.what == type::insert) {
            list.insert(step.before, write_value(after[step.after], style));
        }
    }
    return list.write(style.line_break);
}

}  // namespace

table_changes changes_of_table(std::string_view text, const toml_layout& layout, const toml_statements& all,
                               std::size_t depth, const json::object& before, const json::object& after,
                               const toml_style& style) {
    differ difference(text, layout, true, style);
    difference.update(all, depth, before, after);
    return difference.take();
}

std::string edit_value(std::string_view old, const json::value& before, const json::value& after,
                       const toml_style& style) {
    if (same_value(before, after)) return std::string(old);
    const char first = old.front();
    if (first == '{' && before.is_object() && after.is_object()) {
        return edit_inline_table(old, before.get_object(), after.get_object(), style);
    }
    if (first == '[' && before.is_array() && after.is_array()) {
        return edit_array(old, before.get_array(), after.get_array(), style);
    }
    if ((first == '"' || first == '\'') && after.is_string()) return write_text_like(old, after.get_string(), style);
    return write_value(after, style);
}

const toml_statement* table_beside(const toml_layout& layout, const toml_statement& element, std::string_view name) {
    const toml_path& path = layout.sections[element.section];
    const toml_path array(path.begin(), path.end() - 1);
    const std::size_t own = std::get<std::size_t>(path.back());
    std::size_t nearest = layout.statements.size() * 2;
    const toml_statement* header = nullptr;
    for (const toml_statement& statement : layout.statements) {
        const std::size_t depth = layout.depth(statement);
        if (depth <= path.size() || !layout.is_within(statement, array)) continue;
        if (*layout.name_at(statement, path.size()) != name) continue;
        const std::size_t index = *layout.index_at(statement, array.size());
        // Of two that are equally near it is the one before.
        const std::size_t distance = index > own ? (index - own) * 2 : (own - index) * 2 - (index < own ? 1 : 0);
        if (distance < nearest) header = nullptr;
        nearest = std::min(nearest, distance);
        const bool whole_header = statement.what == toml_statement::type::table && depth == path.size() + 1;
        if (distance == nearest && whole_header) header = &statement;
    }
    return header;
}

}  // namespace opd
