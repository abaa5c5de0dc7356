#pragma once

#include "config/config.hpp"
#include "config/toml/parse.hpp"

#include <boost/json/object.hpp>

#include <span>
#include <string_view>

namespace opd {

// What the daemon writes into operator.toml, in the documented order. All else in these tables is the user's.

std::span<const std::string_view> written_server_keys();
std::span<const std::string_view> written_delegator_keys();
std::span<const std::string_view> written_default_keys();

// `empty_env`, `empty`: something that is empty is written all the same, since it stands in the file already.
boost::json::object entry_table(const model_server&, bool empty_env = false);
boost::json::object entry_table(const delegator&);
boost::json::object default_table(const config&, bool empty_tool, bool empty_model);

/// Equal up to what the file does not tell apart: the order of variables, and 1 from 1.0.
bool same_entry(const model_server&, const model_server&);
bool same_entry(const delegator&, const delegator&);

}  // namespace opd
