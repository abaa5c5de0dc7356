#include "config/toml/editor.hpp"

#include "config/toml/document.hpp"
#include "config/toml/list.hpp"
#include "config/toml/table_diff.hpp"
#include "config/toml/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::string_view by_hand = "edit this by hand";

bool is_pair(const toml_statement& statement) {
    return statement.what == toml_statement::type::pair;
}

/// `model_servers[3].extra_env`
std::string in_words(const toml_path& path) {
    std::string words;
    for (const auto& step : path) {
        if (const auto* name = std::get_if<std::string>(&step)) {
            words += (words.empty() ? "" : ".") + write_key(*name);
        } else {
            words += fmt::format("[{}]", std::get<std::size_t>(step));
        }
    }
    return words;
}

toml_path first_steps(const toml_path& path, std::size_t count) {
    return {path.begin(), path.begin() + static_cast<std::ptrdiff_t>(count)};
}

toml_path without_steps(const toml_path& path, std::size_t count) {
    return {path.begin() + static_cast<std::ptrdiff_t>(count), path.end()};
}

/// The pair whose value is what the path leads to, or has it within.
const toml_statement* pair_on(const toml_layout& layout, const toml_path& path) {
    for (const toml_statement& statement : layout.statements) {
        const std::size_t depth = layout.depth(statement);
        if (!is_pair(statement) || depth > path.size()) continue;
        if (layout.is_within(statement, first_steps(path, depth))) return &statement;
    }
    return nullptr;
}

/// How new values within the value of a pair are written.
toml_style style_within(const toml_text& text, const toml_statement& pair) {
    toml_style style;
    style.line_break = text.line_break_at(pair.lines.end);
    return style_of_values(text.bytes(), text.pairs_of(pair.section), style);
}

/// Changes a table within a value; nullopt: the path leads to none.
std::optional<std::string> update_within(std::string_view value, const toml_path& path, const json::object& before,
                                         const json::object& after, const toml_style& style) {
    if (path.empty()) {
        return value.front() == '{' ? std::optional(edit_value(value, before, after, style)) : std::nullopt;
    }
    std::optional<text_range> inner;
    std::size_t steps = 1;
    if (const auto* index = std::get_if<std::size_t>(&path.front()); index != nullptr && value.front() == '[') {
        const std::vector<text_range> elements = elements_of_array(value, {0, value.size()});
        if (*index < elements.size()) inner = elements[*index];
    } else if (index == nullptr && value.front() == '{') {
        const toml_layout layout = layout_of_inline_table(value, {0, value.size()});
        if (const toml_statement* pair = pair_on(layout, path)) {
            inner = pair->value;
            steps = layout.depth(*pair);
        }
    }
    if (!inner) return std::nullopt;
    const std::string_view old = value.substr(inner->begin, inner->size());
    const auto changed = update_within(old, without_steps(path, steps), before, after, style);
    if (!changed) return std::nullopt;
    return std::string(value.substr(0, inner->begin)) + *changed + std::string(value.substr(inner->end));
}

diagnostic refusal(const source_text& source, const toml_statement& statement, const std::string& what) {
    return source.at(statement.value.begin, statement.value.size(), what, std::string(by_hand));
}

/// What a pair holds must not have headers as well. The parser takes such a header for a part of the last element of an
/// array, whichever that is.
result<void, diagnostic> check_is_one_value(const source_text& source, const toml_text& text, const toml_path& path) {
    const toml_statements all = text.within(path);
    if (all.size() == 1) return {};
    const std::size_t line = source.line_of(all[0]->value.begin);
    return refusal(source, *all[1],
                   fmt::format("{} is written as a value in line {}, and as a header here", in_words(path), line));
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

/// How an array of tables at the top level is written.
struct written_array {
    const toml_statement* pair = nullptr;  ///< `name = [...]`
    toml_statements headers;               ///< or of its elements,
    toml_statements statements;            ///< with all that is in these
};

result<written_array, diagnostic> find_array(const source_text& source, const toml_document& document,
                                             std::string_view name) {
    const toml_layout& layout = document.layout();
    written_array array;
    array.statements = document.text().within({std::string(name)});
    if (array.statements.empty()) return array;
    const toml_statement& first = *array.statements.front();
    if (is_pair(first) && layout.depth(first) == 1 && document.text().bytes()[first.value.begin] == '[') {
        if (auto checked = check_is_one_value(source, document.text(), {std::string(name)}); !checked) {
            return checked.error();
        }
        array.pair = &first;
        return array;
    }
    if (!layout.index_at(first, 1)) {
        return refusal(source, first, fmt::format("{} is not an array of tables here", write_key(name)));
    }
    for (const toml_statement* statement : array.statements) {
        if (!is_pair(*statement) && layout.depth(*statement) == 2) array.headers.push_back(statement);
    }
    return array;
}

// An aggregate could be made of one string as well, so result<> wants to be told which of the two it is.
result<std::string, diagnostic> text_of(const toml_document& document) {
    return {boost::system::in_place_value, document.edited()};
}

}  // namespace

result<std::string, diagnostic> update_table(const source_text& source, const toml_path& table,
                                             const json::object& before, const json::object& after) {
    if (auto checked = check_members(source, after); !checked) return checked.error();
    if (!table.empty() && std::holds_alternative<std::string>(table.back())) {
        // As a change of the table around it, which knows what to do if it is not there or becomes empty.
        const auto& name = std::get<std::string>(table.back());
        return update_table(source, first_steps(table, table.size() - 1), {{name, before}}, {{name, after}});
    }
    toml_document document(source.text());
    const toml_text& text = document.text();
    if (const toml_statement* pair = pair_on(document.layout(), table)) {
        const std::size_t depth = document.layout().depth(*pair);
        if (auto checked = check_is_one_value(source, text, first_steps(table, depth)); !checked)
            return checked.error();
        const toml_path rest = without_steps(table, depth);
        const std::string_view old = text.bytes().substr(pair->value.begin, pair->value.size());
        const auto changed = update_within(old, rest, before, after, style_within(text, *pair));
        if (!changed) return refusal(source, *pair, fmt::format("there is no table {} here", in_words(table)));
        document.replace(pair->value, *changed);
        return text_of(document);
    }
    const toml_statements all = text.within(table);
    if (all.empty() && !table.empty()) {
        return source.whole(fmt::format("there is no table {}", in_words(table)), std::string(by_hand));
    }
    toml_style style;
    style.line_break = text.line_break_at(all.empty() ? 0 : all.front()->lines.end);
    document.apply(changes_of_table(text.bytes(), document.layout(), all, table.size(), before, after, style));
    return text_of(document);
}

result<std::string, diagnostic> append_table(const source_text& source, std::string_view name,
                                             const json::object& element) {
    if (auto checked = check_members(source, element); !checked) return checked.error();
    toml_document document(source.text());
    const toml_text& text = document.text();
    const auto array = find_array(source, document, name);
    if (!array) return array.error();
    if (array->pair != nullptr) {
        const text_range place = array->pair->value;
        const std::vector<text_range> elements = elements_of_array(text.bytes(), place);
        const toml_style style = style_of_values(text.bytes(), elements, style_within(text, *array->pair));
        toml_list list(text.bytes(), place, elements);
        list.insert(elements.size(), write_value(element, style));
        document.replace(place, list.write(style.line_break));
    } else if (array->headers.empty()) {
        document.add_at_end("[[" + write_key(name) + "]]", element);
    } else {
        document.add_element(*array->headers.back(), *array->statements.back(), element);
    }
    return text_of(document);
}

result<std::string, diagnostic> remove_table(const source_text& source, std::string_view name, std::size_t index) {
    toml_document document(source.text());
    const toml_text& text = document.text();
    const auto array = find_array(source, document, name);
    if (!array) return array.error();
    const toml_path path{std::string(name), index};
    if (array->pair != nullptr) {
        const text_range place = array->pair->value;
        const std::vector<text_range> elements = elements_of_array(text.bytes(), place);
        if (index >= elements.size()) {
            return refusal(source, *array->pair, fmt::format("there is no table {} here", in_words(path)));
        }
        toml_list list(text.bytes(), place, elements);
        list.remove(index);
        document.replace(place, list.write(text.line_break_at(array->pair->lines.end)));
        return text_of(document);
    }
    const toml_statements statements = text.within(path);
    if (statements.empty()) {
        return source.whole(fmt::format("there is no table {}", in_words(path)), std::string(by_hand));
    }
    document.remove(statements);
    return text_of(document);
}

}  // namespace opd
