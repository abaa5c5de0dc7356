#pragma once

#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace opd::test {

/// A shell script as a program.
inline std::filesystem::path script(const temp_folder& folder, const std::filesystem::path& name,
                                    std::string_view text) {
    // Another file each time: one that is open for writing cannot be run, not even in the moment of a fork elsewhere.
    const auto made = folder.write(name.string() + ".new", "#!/bin/sh\n" + std::string(text) + "\n");
    std::filesystem::permissions(made, std::filesystem::perms(0755));
    auto file = folder.path() / name;
    std::filesystem::rename(made, file);
    return file;
}

inline std::string text_in(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The process numbers that a script has written into a file, once the line is whole.
inline std::vector<pid_t> pids_in(const std::filesystem::path& file) {
    if (!text_in(file).ends_with('\n')) return {};
    std::ifstream in(file);
    return {std::istream_iterator<pid_t>(in), {}};
}

/// Whether a process is there and not only waits to be reaped (by init, where it is not ours).
inline bool is_alive(pid_t process) {
    const std::string status = text_in("/proc/" + std::to_string(process) + "/status");
    return !status.empty() && status.find("\nState:\tZ") == status.npos && status.find("\nState:\tX") == status.npos;
}

}  // namespace opd::test
