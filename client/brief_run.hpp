#pragma once

#include "client/launch/environment.hpp"
#include "config/result.hpp"
#include "config/spawn.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace opd {

struct brief_limits {
    std::chrono::milliseconds time{2'000};
    std::size_t output = std::size_t{64} << 10;  ///< bytes that are kept of each output
};

/// Runs a program to its end, without a shell and without input. `argv[0]` is a path, or a name that is looked for on
/// the PATH of this environment, which is the one that it gets. At the time limit it is killed, with what it has
/// started. A problem: it is not there, cannot be run, was ended by a signal, or takes too long.
result<program_end> run_briefly(std::vector<std::string> argv, environment, brief_limits = {});

}  // namespace opd
