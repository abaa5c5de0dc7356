#pragma once

#include "client/launch/plan.hpp"
#include "config/base/result.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// Variables as execve(2) takes them, `NAME=VALUE`.
using environment = std::vector<std::string>;

/// The value of a variable; nullopt: it is not set.
std::optional<std::string> value_in(const environment&, std::string_view name);
/// Sets it, whatever it was before.
void set_in(environment&, std::string_view name, std::string_view value);

/// A list of hosts for NO_PROXY that has those of both lists (each may be empty) and the given ones; `*`, which is all
/// hosts and only understood alone, where one of them has it.
std::string with_hosts(std::string_view no_proxy, std::string_view other, const std::vector<std::string>& hosts);

/// The variables of the plan, each once: a later one of the same name wins, in its own place.
std::vector<plan_variable> effective(const std::vector<plan_variable>&);

/// The references of the plan, one for each variable that is referred to.
std::vector<plan_variable> references(const received_plan&);

/// Those that the caller's environment does not resolve: their variables are not set, or empty.
std::vector<plan_variable> unresolved(const received_plan&, const environment& caller);

/// What the agent gets: the caller's environment without what the plan unsets, with NO_PROXY and no_proxy extended, the
/// private home, and then the plan's variables. References are to the caller's environment; unresolved ones are empty.
environment agent_environment(const received_plan&, const environment& caller,
                              const std::optional<std::string>& home_path);

/// `ours` on top of the user's settings: objects member by member, anything else is replaced.
boost::json::object merged_settings(boost::json::object users, const boost::json::object& ours);

/// Makes, or brings up to date, `$XDG_STATE_HOME/operator/TOOL-home` (mode 0700) and returns its path. In its `folder`
/// stands what the user has in theirs, as symbolic links, but `file` is a copy of the user's with the settings merged
/// in. What the agent has made there itself stays. The user's own files are only read; comments are allowed in them.
result<std::filesystem::path> prepare_home(const private_home&, const std::string& tool, const environment& caller);

}  // namespace opd
