#pragma once

#include "config/diagnostic.hpp"
#include "config/result.hpp"
#include "config/source_text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// One value of a TOML document, with its place in the text.
struct toml_node {
    enum class type : std::uint8_t { text, integer, real, flag, time, array, table };
    type what = type::table;
    std::string text;          ///< of a text
    std::int64_t integer = 0;  ///< what does not fit is the nearest that does
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
};

/// Parses a whole TOML text of any content and size; the error is the first fault in it. The root is a table.
result<toml_node, diagnostic> parse_toml(const source_text&);

}  // namespace opd
