#pragma once

#include "config/base/diagnostic.hpp"
#include "config/base/result.hpp"

#include <boost/json/array.hpp>
#include <boost/json/fwd.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

/// One value of a TOML document, with its place in the text.
struct toml_node {
    enum class type : std::uint8_t { text, integer, real, flag, time, array, table };
    type what = type::table;
    std::string text;          ///< of a text; of a time: as it is written
    std::int64_t integer = 0;  ///< what does not fit is the nearest that does
    double real = 0;
    bool flag = false;
    std::vector<toml_node> children;  ///< of an array, or of a table in file order

    std::string key;  ///< its name in the table it belongs to; empty within an array
    std::size_t key_offset = 0;
    std::size_t key_length = 0;
    std::size_t offset = 0;  ///< of the value; a table with a header has its place there
    std::size_t length = 0;
    bool has_header = false;  ///< written as `[key]` or `[[key]]`, not as `key = ...`

    /// The member of a table, or null.
    const toml_node* find(std::string_view name) const;
    /// The member of a table, or an empty table.
    const toml_node& find_or_empty(std::string_view name) const;
};

/// What the last texts consisted of, so that parsing a text that differs from them in one place costs little more than
/// parsing that place. (toml11 takes 130 ms for 2,000 servers.)
struct toml_memory {
    struct unit {
        toml_node parsed;
        std::uint64_t first_text;  ///< that it was in, and the last one
        std::uint64_t last_text = 0;
    };
    std::map<std::string, unit, std::less<>> units;  ///< by their texts
    std::uint64_t texts = 0;
};

/// Parses a whole TOML text of any content and size; the error is a fault in it, with its place. The root is a table.
result<toml_node, diagnostic> parse_toml(const source_text&);
/// The same, with the same outcome.
result<toml_node, diagnostic> parse_toml(const source_text&, toml_memory&);

/// A value of the configuration as JSON. What JSON does not know is a text: times as they are written, and `inf`,
/// `-inf` and `nan`.
boost::json::value to_json(const toml_node&);
/// The members of a table.
boost::json::object to_json_object(const toml_node& table);

/// Equal by what they mean: 1 is 1.0, and the order of members does not matter.
bool same_value(const boost::json::value&, const boost::json::value&);

/// How many elements two arrays have in common at their beginning, and at their end without these.
std::pair<std::size_t, std::size_t> common_ends(const boost::json::array&, const boost::json::array&);

// Whether two documents say the same, wherever it stands in their texts.

bool same_tree(const toml_node&, const toml_node&);

/// Two tables have the same members, in the same order, besides those of these names.
bool same_but(const toml_node&, const toml_node&, std::span<const std::string_view> names);

/// What is equal in `before` and `after`, which are JSON views of members of the two tables, is the same in the tables:
/// a time is still a time, and not the text that JSON makes of it.
bool kept_in_place(const toml_node& old_table, const toml_node& new_table, const boost::json::object& before,
                   const boost::json::object& after);

}  // namespace opd
