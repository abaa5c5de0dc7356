#pragma once

#include "config/base/result.hpp"
#include "config/base/spawn.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace opd::loop {

struct program_limits {
    std::chrono::milliseconds time{10'000};
    std::size_t output = 4096;  ///< bytes that are kept of each output
};

/// Runs a program in `/` and in a process group of its own to its end, and never blocks the event loop. What it printed
/// is the answer if it ended with 0; anything else is a problem that says why. At its end, at the time limit, and when
/// this call is cancelled, the group is killed: nothing of it stays but what has left the group.
boost::asio::awaitable<result<std::string>> run_program(program_call, program_limits);

}  // namespace opd::loop
