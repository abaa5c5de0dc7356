#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace opd::test {

/// A system call that has not happened yet.
struct system_call {
    int number;  ///< `SYS_fsync` ...
    std::array<std::uint64_t, 6> arguments;

    /// What an open descriptor among the arguments is.
    std::filesystem::path path_of(std::size_t argument) const;
};

/// Runs `body` on a thread of its own. Each of its system calls of these numbers waits until `decide`, on the calling
/// thread, has answered: with 0 it happens, else it fails with this errno. False: the system does not allow that, and
/// nothing was run.
bool with_intercepted(const std::vector<int>& numbers, const std::function<int(const system_call&)>& decide,
                      const std::function<void()>& body);

}  // namespace opd::test
