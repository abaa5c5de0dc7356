#pragma once

#include "daemon/keys/key_source.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd::keys {

/// A line that was passed over. The message never holds any of it that could be a key.
struct key_line_fault {
    std::size_t line = 0;  ///< from 1
    std::string message;

    bool operator==(const key_line_fault&) const = default;
};

/// What keys.env says.
struct keys_text {
    key_map keys;
    std::vector<key_line_fault> faults;  ///< in the order of lines; of very many the first
};

/// Reads the text of keys.env: `NAME=value` lines, comments (`#`, `;`) on lines of their own, quotes and backslashes as
/// in EnvironmentFile= of systemd.exec(5), and `export ` before a name, so that a shell can read it, too. A name that
/// comes again overrides; an empty value is none. Stricter than systemd: a line that is no assignment is a fault, a
/// quote ends on its line, and `#` behind a blank, which only a shell takes for a comment, stands in quotes.
keys_text parse_keys(std::string_view text, const key_limits&);

}  // namespace opd::keys
