#pragma once

#include "config/toml/layout.hpp"
#include "config/toml/pair_style.hpp"
#include "config/toml/writer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// What takes a table from one state to another, said of the statements it is written in. Values belong to the caller.
struct table_changes {
    struct new_value {
        const toml_statement* pair;
        std::string written;
    };

    struct new_pair {
        const toml_statement* behind;  ///< a pair, or the table's header; null: there is neither
        std::string key;               ///< as it is to be written
        const boost::json::value* value;
    };

    /// `[name]` at the top level, or `[array.name]` as another element of the array has it.
    struct new_table {
        const toml_statement* owner;  ///< the element's header; null: the top level
        const toml_statement* like;   ///< the other element's header of that table
        std::string name;
        const boost::json::object* members;
    };

    /// The header that a table does not have yet, since only tables within it have one.
    struct new_header {
        const toml_statement* before;  ///< the first of these
        std::size_t depth;             ///< of the table
        boost::json::object members;
    };

    struct new_element {
        const toml_statement* like;    ///< the header of the element that precedes it
        const toml_statement* behind;  ///< the last statement of that
        const boost::json::object* members;
    };

    std::vector<new_value> values;
    std::vector<toml_statements> removed;  ///< each a member, or an element of an array
    std::vector<new_pair> pairs;
    std::vector<new_table> tables;
    std::vector<new_header> headers;
    std::vector<new_element> elements;
};

/// `all` are the statements at or below the table, `depth` is that of the table; they belong to the layout.
table_changes changes_of_table(std::string_view text, const toml_layout&, const toml_statements& all, std::size_t depth,
                               const boost::json::object& before, const boost::json::object& after, const toml_style&);

/// A value that was written as `old`, and meant `before`, as it is to be written to mean `after`.
std::string edit_value(std::string_view old, const boost::json::value& before, const boost::json::value& after,
                       const toml_style&);

/// The header of the table `name` in the element of the same array that is nearest among those that have that member;
/// null where that one is written in another way, or there is none.
const toml_statement* table_beside(const toml_layout&, const toml_statement& element, std::string_view name);

}  // namespace opd
