#pragma once

#include "config/diagnostic.hpp"
#include "config/result.hpp"
#include "config/source_text.hpp"
#include "config/toml/path.hpp"

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

/// Takes a table from `before`, which tells what it holds now, to `after`. Members that are equal in both (1 is 1.0),
/// or that neither knows, are not touched; tables and arrays within are compared in the same way, so that a comment
/// beside an unchanged element stays. A new member stands behind the one that precedes it in `after`. A table that is
/// not there is made; within an element of an array it is written as the nearest other element has it.
result<std::string, diagnostic> update_table(const source_text&, const toml_path& table,
                                             const boost::json::object& before, const boost::json::object& after);

/// Adds an element to an array of tables at the top level, behind its last one; the first one is put at the end of
/// the text.
result<std::string, diagnostic> append_table(const source_text&, std::string_view array,
                                             const boost::json::object& element);

/// Removes an element of such an array: from its header to its last entry, sub-tables that stand elsewhere included.
/// Comments before and behind stay. What was appended is removed without a trace.
result<std::string, diagnostic> remove_table(const source_text&, std::string_view array, std::size_t index);

}  // namespace opd
