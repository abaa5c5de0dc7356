#pragma once

#include "config/toml/writer.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace opd {

/// A value that was written as `old`, and meant `before` (null: who knows), as it is to be written to mean `after`.
/// Equal elements at both ends of an array, and equal members of an inline table, stay as they are written; so do
/// comments above elements, and those behind elements that are not taken out. A new element of an array in several
/// lines has a line of its own.
std::string edit_value(std::string_view old, const boost::json::value* before, const boost::json::value& after,
                       const toml_style&);

/// `[...]` with one more element at its end.
std::string with_element(std::string_view array, const boost::json::value& element, const toml_style&);

/// `[...]` without one of its elements. `line_break` is for where there is none to imitate.
std::string without_element(std::string_view array, std::size_t index, std::string_view line_break);

}  // namespace opd
