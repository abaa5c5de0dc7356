#pragma once

#include "config/base/disk.hpp"
#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "config/base/spawn.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace opd {

/// Variables as execve(2) takes them, `NAME=VALUE`.
using environment = std::vector<std::string>;

/// The value of a variable; nullopt: it is not set.
std::optional<std::string> value_in(const environment&, std::string_view name);
/// Sets it, whatever it was before.
void set_in(environment&, std::string_view name, std::string_view value);
void unset_in(environment&, std::string_view name);

/// The folder that a variable names, else one in the home; empty: there is none.
std::string folder_of(const environment&, std::string_view variable, std::string_view in_home);

struct found_program {
    std::string path;
    bool executable = false;  ///< false: files of that name are there, but none may be executed; path is the first
};

/// Looks for a program as execvp(3) does, on the PATH of this environment. nullopt: nothing of that name is there.
std::optional<found_program> search_program(std::string_view name, const environment&);

/// The interpreter that a script names behind `#!`; empty: none, or the file cannot be read.
std::string interpreter_of(const std::string& path);

/// The home folder: HOME, else what the system's list of users says; empty: neither does.
std::string home_of(const environment&);

struct brief_limits {
    std::chrono::milliseconds time{2'000};
    std::size_t output = std::size_t{64} << 10;  ///< bytes that are kept of each output
};

/// Runs a program to its end, without a shell and without input. `argv[0]` is a path, or a name that is looked for on
/// the PATH of this environment, which is the one that it gets. At the time limit it is killed, with what it has
/// started. A problem: it is not there, cannot be run, was ended by a signal, or takes too long.
result<program_end> run_briefly(std::vector<std::string> argv, environment, brief_limits = {});

struct write_options {
    mode_t mode = 0600;    ///< exactly, whatever the umask
    bool replace = false;  ///< false: a file that is there already is a failure. What is no regular file (a folder, a
                           ///< pipe, a device, a link) always is
};

/// Puts a file in its place in one step: it is never there in part.
result<void> write_file(const std::filesystem::path&, std::string_view text, write_options);

/// All that is in a file, as read_whole() has it. A pipe does not hold it up.
disk_result<std::string> read_file(const std::filesystem::path&, std::size_t most);

/// The token for an operatord on another machine: a file of one line.
result<secret> read_token(const std::string& file);

}  // namespace opd
