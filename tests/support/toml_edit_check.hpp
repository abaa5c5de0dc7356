#pragma once

#include "tests/support/toml_lines.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd::test {

// What an edit did beyond its order; empty: nothing.

/// An element was added: one run of whole lines behind the last element, and nothing else.
std::string beyond_append(std::string_view before, std::string_view after, std::string_view array);
/// An element was removed: its lines are gone, maybe blank lines beside them, and nothing else.
std::string beyond_removal(std::string_view before, std::string_view after, std::string_view array, std::size_t index);
/// Only lines of `own` have changed, and what was added stands among them or right behind them. Comments on lines of
/// their own are still there, and so are comments, key and alignment of each line whose key is still there.
std::string beyond_update(std::string_view before, std::string_view after, const std::vector<line_range>& own);

/// What differs between two texts: the lines from the first to the last difference, and a few around them.
std::string shown_difference(std::string_view before, std::string_view after);

}  // namespace opd::test
