#pragma once

#include "tests/e2e/running_daemon.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace opd::test {

/// What an agent was started with, as agent-stub wrote it down.
struct agent_notes {
    pid_t pid = 0;
    std::vector<std::string> argv;
    process::environment environment;
    std::vector<std::string> surroundings;  ///< the rest, line by line: descriptors, signals, limits, folder, terminal

    /// Empty where it is not set.
    std::string variable(const std::string& name) const;
};

/// A program that has ended.
struct ended {
    int exit_code = -1;  ///< or 128 + the number of the signal that ended it
    std::string out;
    std::string err;
    std::optional<agent_notes> agent;  ///< nullopt: no agent was started
};

/// operatord, and a user with claude, codex and gemini on their PATH, each of them agent-stub.
class launch_scene {
public:
    explicit launch_scene(std::string_view operator_toml, process::environment of_daemon = {},
                          std::vector<std::string> options = {"--listen", "127.0.0.1:0"});

    running_daemon& daemon() { return daemon_; }

    /// The user's home, with a folder `bin`.
    const temp_folder& home() const { return home_; }

    /// What operatorctl gets.
    process::environment caller;

    std::vector<std::string> operatorctl(const std::vector<std::string>& words) const;
    std::vector<std::string> launch_command(const std::vector<std::string>& words) const;

    /// `operatorctl launch WORDS`, to its end.
    ended launch(const std::vector<std::string>& words) { return run(launch_command(words)); }

    /// Any program with the caller's environment, to its end.
    ended run(const std::vector<std::string>& argv);
    /// The notes of the agent that runs; nullopt: none has written any since this was asked last.
    std::optional<agent_notes> take_notes();

private:
    temp_folder home_;
    running_daemon daemon_;
};

/// The lines of `set NAME=VALUE`, `changed NAME=VALUE` and `removed NAME` that lead from one environment to the other,
/// in the order of names.
std::string difference(const process::environment& before, const process::environment& after);

/// The same from lines in any order.
std::string by_name(const std::vector<std::string>& lines);

/// The line of a difference that says where gemini has its settings from: a home of its own, or the file that the
/// package has installed for root, which the agent names then.
std::string gemini_settings_line(const launch_scene&, const agent_notes&);

/// A block of operator.toml that declares a server; `more` are further lines of it. It is never probed.
std::string unprobed_server(std::string_view name, std::string_view kind, std::string_view base_url,
                            std::string_view more = "");

}  // namespace opd::test
