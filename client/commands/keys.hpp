#pragma once

#include "client/commands/common.hpp"

#include <string>
#include <vector>

namespace opd {

/// Hands keys of the caller's environment to the daemon, before a launch. What goes wrong, or takes longer than a
/// moment, is a line of the warnings that are returned, and no more.
std::string push_before_launch(const std::vector<std::string>& names, const command_context&);

}  // namespace opd
