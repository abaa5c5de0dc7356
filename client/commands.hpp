#pragma once

#include "client/command_line.hpp"
#include "client/connection.hpp"

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace opd {

/// What a command works with: the one way to the daemon, and how to show what it says.
struct surroundings {
    /// GETs all targets within the limit; one reply for each, in their order.
    std::function<std::vector<daemon_reply>(std::span<const std::string> targets, std::chrono::milliseconds limit)> ask;
    std::string address;  ///< of the daemon, as messages name it
    bool colour = false;
    std::chrono::system_clock::time_point now;
};

/// Runs one command. A server that is named and not reachable is shown, and the exit code is 1.
outcome run_command(const invocation&, const surroundings&);

}  // namespace opd
