#pragma once

#include "config/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace opd {

/// A program to be run without a shell. It gets nothing of ours: no input, no descriptors, no signals blocked or
/// ignored, no environment but this one.
struct program_call {
    std::filesystem::path file;
    std::vector<std::string> arguments;    ///< behind its name
    std::vector<std::string> environment;  ///< `NAME=VALUE`, all that it gets
};

struct program_limits {
    std::chrono::milliseconds time{10'000};
    std::size_t output = 4096;  ///< bytes that are read of each output
};

/// Runs a program in `/` and in a process group of its own to its end, and never blocks the event loop. What it printed
/// is the answer if it ended with 0; anything else is a problem that says why. At its end, at the time limit, and when
/// this call is cancelled, the group is killed: nothing of it stays but what has left the group.
///
/// Its outputs are read at its end: a program that prints more than a pipe holds (64 KiB, pipe(7)) waits for that until
/// the time limit.
boost::asio::awaitable<result<std::string>> run_program(program_call, program_limits);

}  // namespace opd
