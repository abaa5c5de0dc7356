#include "config/toml/layout.hpp"

#include "config/base/utf8.hpp"
#include "config/toml/syntax.hpp"

#include <map>
#include <utility>

namespace opd {
namespace {

/// A table that leads to an array of tables; or such an array, with the members of its last element.
struct known_table {
    std::size_t elements = 0;  ///< 0: it is no array
    std::map<std::string, known_table> members;
};

/// The place of what a header names; `[[name]]` adds an element.
toml_path path_of(const toml_statement& header, known_table& root) {
    const bool adds = header.what == toml_statement::type::element;
    toml_path path;
    known_table* table = &root;
    for (const toml_key& part : header.key) {
        path.emplace_back(part.name);
        if (table == nullptr) continue;
        const auto known = adds ? table->members.try_emplace(part.name).first : table->members.find(part.name);
        table = known == table->members.end() ? nullptr : &known->second;
        if (adds && &part == &header.key.back()) *table = {.elements = table->elements + 1, .members = {}};
        if (table != nullptr && table->elements > 0) path.emplace_back(table->elements - 1);
    }
    return path;
}

void append_names(toml_statement& pair) {
    for (const toml_key& part : pair.key) pair.path.emplace_back(part.name);
}

}  // namespace

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
    layout.start = byte_order_mark_of(text);
    known_table root;
    toml_path section;
    read_statements(text, [&](toml_statement&& statement) {
        if (!statement.is_pair()) {
            section = path_of(statement, root);
            ++layout.last_section;
        }
        statement.section = layout.last_section;
        statement.path = section;
        if (statement.is_pair()) append_names(statement);
        layout.statements.push_back(std::move(statement));
    });
    return layout;
}

toml_layout layout_of_inline_table(std::string_view text, text_range table) {
    toml_layout layout;
    layout.start = table.begin + 1;
    syntax_reader from(text.substr(0, table.end), layout.start);
    for (from.skip_separators(); !from.at_end() && from.sign() != '}'; from.skip_separators()) {
        layout.statements.push_back(from.read_pair());
        append_names(layout.statements.back());
    }
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
