#pragma once

#include "config/toml/parse.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace opd {

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
