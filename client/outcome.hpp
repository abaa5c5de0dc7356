#pragma once

#include "config/exit_codes.hpp"

#include <optional>
#include <string>
#include <vector>

namespace opd {

/// A program to become by execve(2).
struct successor {
    std::string path;
    std::vector<std::string> argv;
    std::vector<std::string> environment;  ///< `NAME=VALUE`
};

/// What a command comes to: the texts for stdout and stderr, and then either the exit code (contract section 2) or the
/// program that operatorctl becomes.
struct outcome {
    std::string out;
    std::string err;
    int exit_code = 0;
    std::optional<successor> becomes;
};

}  // namespace opd
