#pragma once

#include "client/launch/environment.hpp"
#include "client/launch/plan.hpp"
#include "client/launch/program.hpp"
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

}  // namespace opd
