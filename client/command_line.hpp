#pragma once

#include "client/command.hpp"
#include "client/outcome.hpp"

#include <variant>

namespace opd {

/// Whether it can be asked over the unix socket alone: over TCP the daemon hides what a launch needs to know, and
/// speaks of no keys.
bool needs_socket(const command::any&);

/// Reads the command line. An outcome means that all is said: `--help`, `--version`, or a usage error.
std::variant<invocation, outcome> parse_command_line(int argc, const char* const* argv);

}  // namespace opd
