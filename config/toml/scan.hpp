#pragma once

#include "config/diagnostic.hpp"
#include "config/source_text.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace opd {

/// How deep brackets and dotted keys may nest.
inline constexpr std::size_t max_toml_nesting = 64;

/// Looks a TOML text over before the parser sees it: NUL and other control characters, bytes that are not UTF-8, texts
/// and brackets that are not closed, unknown escapes, and nesting that would exhaust the parser's stack. It knows
/// strings and comments, not the grammar. nullopt: nothing was found. On the way it notes where the lines with the
/// name of a table, `[a]` or `[[a]]`, have their first bracket.
std::optional<diagnostic> scan_toml(const source_text&, std::vector<std::size_t>* headers = nullptr);

}  // namespace opd
