#include "config/toml/layout.hpp"

#include "config/base/utf8.hpp"
#include "config/toml/syntax.hpp"

#include <functional>
#include <unordered_map>
#include <utility>

namespace opd {
namespace {

/// Knows how many elements the arrays of tables have so far.
class array_counter {
public:
    /// The place of what a header names; `[[name]]` adds an element.
    toml_path path_of(const toml_statement& header) {
        toml_path path;
        std::size_t table = 0;
        for (std::size_t i = 0; i < header.key.size(); ++i) {
            const std::string& name = header.key[i].name;
            path.emplace_back(name);
            const bool adds = header.what == toml_statement::type::element;
            if (!adds && table == unknown) continue;
            node* found = find(table, name, adds);
            if (found == nullptr) {
                table = unknown;
                continue;
            }
            if (adds && i + 1 == header.key.size()) {
                ++found->elements;
                found->table = next_table_++;
            }
            if (found->elements > 0) path.emplace_back(found->elements - 1);
            table = found->table;
        }
        return path;
    }

private:
    static constexpr std::size_t unknown = static_cast<std::size_t>(-1);

    struct node {
        std::size_t elements = 0;  ///< 0: it is no array
        std::size_t table = 0;     ///< the last element of the array, or the table itself
    };

    using place = std::pair<std::size_t, std::string>;

    struct hash {
        std::size_t operator()(const place& of) const {
            return std::hash<std::string>()(of.second) ^ (of.first * 0x9E3779B97F4A7C15U);
        }
    };

    node* find(std::size_t table, const std::string& name, bool make) {
        const auto found = nodes_.find(place(table, name));
        if (found != nodes_.end()) return &found->second;
        if (!make) return nullptr;
        return &nodes_.emplace(place(table, name), node{.elements = 0, .table = next_table_++}).first->second;
    }

    std::unordered_map<place, node, hash> nodes_;  ///< only what leads to an array
    std::size_t next_table_ = 1;
};

}  // namespace

std::size_t toml_layout::depth(const toml_statement& of) const {
    const std::size_t section = sections[of.section].size();
    return of.what == toml_statement::type::pair ? section + of.key.size() : section;
}

const std::string* toml_layout::name_at(const toml_statement& of, std::size_t step) const {
    const toml_path& section = sections[of.section];
    if (step < section.size()) return std::get_if<std::string>(&section[step]);
    return &of.key[step - section.size()].name;
}

std::optional<std::size_t> toml_layout::index_at(const toml_statement& of, std::size_t step) const {
    const toml_path& section = sections[of.section];
    const auto* index = step < section.size() ? std::get_if<std::size_t>(&section[step]) : nullptr;
    return index == nullptr ? std::nullopt : std::optional(*index);
}

bool toml_layout::is_within(const toml_statement& what, const toml_path& path) const {
    if (depth(what) < path.size()) return false;
    for (std::size_t step = 0; step < path.size(); ++step) {
        if (const auto* name = std::get_if<std::string>(&path[step])) {
            const std::string* found = name_at(what, step);
            if (found == nullptr || *found != *name) return false;
        } else if (index_at(what, step) != std::get<std::size_t>(path[step])) {
            return false;
        }
    }
    return true;
}

std::optional<toml_fault> read_statements(std::string_view text, const std::function<void(toml_statement&&)>& take) {
    syntax_reader from(text, byte_order_mark_of(text));
    while (!from.at_end()) {
        const std::size_t line = from.at;
        if (from.end_line()) continue;
        toml_statement statement = from.sign() == '[' ? from.read_header() : from.read_pair();
        if (!from.fault && !from.end_line()) {
            from.fail(from.at, 1,
                      statement.is_pair() ? "something follows the value that does not belong to it"
                                          : "something follows the name of the table",
                      "put it into a line of its own; a comment starts with \"#\"");
        }
        statement.lines = {line, from.at};
        if (!from.fault) take(std::move(statement));
    }
    return std::move(from.fault);
}

toml_layout layout_of_text(std::string_view text) {
    toml_layout layout;
    layout.sections.emplace_back();
    layout.start = byte_order_mark_of(text);
    array_counter arrays;
    read_statements(text, [&](toml_statement&& statement) {
        if (!statement.is_pair()) layout.sections.push_back(arrays.path_of(statement));
        statement.section = layout.sections.size() - 1;
        layout.statements.push_back(std::move(statement));
    });
    return layout;
}

toml_layout layout_of_inline_table(std::string_view text, text_range table) {
    toml_layout layout;
    layout.sections.emplace_back();
    layout.start = table.begin + 1;
    syntax_reader from(text.substr(0, table.end), layout.start);
    for (from.skip_separators(); !from.at_end() && from.sign() != '}'; from.skip_separators())
        layout.statements.push_back(from.read_pair());
    return layout;
}

std::vector<text_range> elements_of_array(std::string_view text, text_range array) {
    std::vector<text_range> elements;
    syntax_reader from(text.substr(0, array.end), array.begin + 1);
    for (from.skip_separators(); !from.at_end() && from.sign() != ']'; from.skip_separators())
        elements.push_back(from.read_value());
    return elements;
}

}  // namespace opd
