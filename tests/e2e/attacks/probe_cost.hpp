#pragma once

#include "tests/e2e/attacks/arena.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace opd::test {

/// What one probe of a model server has cost arena::holder(), and those who ask it something else meanwhile.
struct probe_cost {
    std::string status;  ///< that it came to
    std::chrono::milliseconds took{0};
    std::chrono::milliseconds slowest_answer{0};  ///< to others
    std::size_t grown_bytes = 0;                  ///< of its memory, at most
};

/// In bytes, as far as it is in memory.
std::size_t memory_of(pid_t);

/// Declares a server there, and watches its first probe.
probe_cost cost_of_probe(arena&, std::string_view base_url);

}  // namespace opd::test
