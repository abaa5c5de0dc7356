#pragma once

#include "client/command.hpp"
#include "client/outcome.hpp"

#include <variant>

namespace opd {

/// Reads the command line. An outcome means that all is said: `--help`, `--version`, or a usage error.
std::variant<invocation, outcome> parse_command_line(int argc, const char* const* argv);

}  // namespace opd
