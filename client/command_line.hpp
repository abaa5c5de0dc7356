#pragma once

#include "config/exit_codes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace opd {

enum class verb : std::uint8_t { status, servers_list, servers_show, models, kinds, health };

/// What the user asked for.
struct invocation {
    verb what = verb::status;
    std::string server;  ///< of `servers show` and `models`; empty: none named
    bool refresh = false;
    bool json = false;
    std::optional<std::string> url;
    std::optional<std::string> socket;
};

/// What a program leaves behind: the texts for stdout and stderr, and its exit code (contract section 2).
struct outcome {
    std::string out;
    std::string err;
    int exit_code = 0;
};

/// Reads the command line. An outcome means that all is said: `--help`, `--version`, or a usage error.
std::variant<invocation, outcome> parse_command_line(int argc, const char* const* argv);

}  // namespace opd
