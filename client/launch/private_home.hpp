#pragma once

#include "client/launch/environment.hpp"
#include "client/launch/plan.hpp"
#include "config/result.hpp"

#include <boost/json/object.hpp>

#include <filesystem>

namespace opd {

/// `ours` on top of the user's settings: objects member by member, anything else is replaced.
boost::json::object merged_settings(boost::json::object users, const boost::json::object& ours);

/// Makes, or brings up to date, `$XDG_STATE_HOME/operator/TOOL-home` (mode 0700) and returns its path. In its `folder`
/// stands what the user has in theirs, as symbolic links, but `file` is a copy of the user's with the settings merged
/// in. What the agent has made there itself stays. The user's own files are only read; comments are allowed in them.
result<std::filesystem::path> prepare_home(const private_home&, const std::string& tool, const environment& caller);

}  // namespace opd
