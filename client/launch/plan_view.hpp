#pragma once

#include "client/launch/environment.hpp"
#include "client/program.hpp"
#include "client/views.hpp"

#include <optional>
#include <string>
#include <vector>

namespace opd {

/// A plan for people: what would be run with what, without values that may be secrets. What keeps it from running for
/// this caller (a variable that is not set, a program that is not there) is told, too.
std::string show_plan(const received_plan&, const std::vector<std::string>& arguments, const environment& caller,
                      const view&);

/// `codex: not found on PATH; install it with: ...`, or that it may not be executed.
std::string why_not_run(const received_plan&, const std::optional<found_program>&);

/// What to do about a variable that the plan refers to and the caller does not have.
std::string why_unresolved(const plan_variable&, const received_plan&);

/// A POSIX shell script that launches the agent as the plan says, without operatord. It has no secret: references are
/// resolved when it runs, and so are values that may be secrets, from variables of the same name. What it is called
/// with goes to the agent, behind `arguments`.
std::string launch_script(const received_plan&, const std::vector<std::string>& arguments,
                          const std::optional<std::string>& home_path);

/// The variables whose values the script leaves to the environment that it is run in, because they may be secrets.
std::vector<std::string> left_out(const received_plan&);

}  // namespace opd
