#pragma once

#include "client/launch/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace opd {

/// A POSIX shell script that launches the agent as the plan says, without operatord. It has no secret: references are
/// resolved when it runs, and so are values that may be secrets, from variables of the same name. What it is called
/// with goes to the agent, behind `arguments`.
std::string launch_script(const received_plan&, const std::vector<std::string>& arguments,
                          const std::optional<std::string>& home_path);

/// The variables whose values the script leaves to the environment that it is run in, because they may be secrets.
std::vector<std::string> left_out(const received_plan&);

}  // namespace opd
