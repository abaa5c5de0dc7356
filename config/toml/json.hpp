#pragma once

#include "config/toml/parse.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace opd {

/// A value of the configuration as JSON. What JSON does not know is a text: times as they are written, and `inf`,
/// `-inf` and `nan`.
boost::json::value to_json(const toml_node&);

/// The members of a table.
boost::json::object to_json_object(const toml_node& table);

}  // namespace opd
