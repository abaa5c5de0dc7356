#pragma once

#include "config/base/diagnostic.hpp"
#include "config/base/result.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace opd {

// Surgical changes of a TOML text: only the bytes of the changed value, entry or block move. Comments, order, spacing,
// line ends (also that there is none at the end of the text) and the way each table is written (headers, inline, dotted
// keys) stay; what is new imitates its neighbours. The text must be one that parse_toml takes. The answer is the whole
// new text; an error names the line whose shape forbids the change. JSON null, and whole numbers that TOML cannot
// hold, are refused.
//
// A table goes from `before`, which tells what it holds now, to `after`. Members that are equal in both (1 is 1.0), or
// that neither knows, are not touched; tables within are compared in the same way, whether they have headers, dotted
// keys or braces. A new member stands behind the one that precedes it in `after`. An array that changes keeps the equal
// elements at both of its ends; what is between them is written anew, one by one, and the comment behind an element
// that is taken out goes with it.

/// A table at the top level. If it is not there, it is made.
result<std::string, diagnostic> update_table(const source_text&, std::string_view name,
                                             const boost::json::object& before, const boost::json::object& after);

/// An element of an array of tables at the top level. A new table in it is written as the nearest other element has it.
result<std::string, diagnostic> update_element(const source_text&, std::string_view array, std::size_t index,
                                               const boost::json::object& before, const boost::json::object& after);

/// Adds an element to such an array, behind its last one; the first one is put at the end of the text.
result<std::string, diagnostic> append_element(const source_text&, std::string_view array,
                                               const boost::json::object& element);

/// Removes an element of such an array: from its header to its last entry, sub-tables that stand elsewhere included.
/// Comments before and behind stay. What was appended is removed without a trace.
result<std::string, diagnostic> remove_element(const source_text&, std::string_view array, std::size_t index);

}  // namespace opd
