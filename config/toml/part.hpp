#pragma once

#include "config/toml/parse.hpp"

#include <optional>
#include <string_view>

namespace opd {

/// Parses a text, or a part of one that begins and ends with its lines, that scan_toml has taken. nullopt: there is a
/// fault in it.
std::optional<toml_node> parse_scanned_toml(std::string_view text);

}  // namespace opd
