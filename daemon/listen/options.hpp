#pragma once

#include <optional>
#include <string>
#include <vector>

namespace opd::listen {

/// operatord's command line.
struct daemon_options {
    std::optional<std::string> config_file;  ///< nullopt: the default place
    std::vector<std::string> listen;         ///< HOST:PORT, or `none`; empty: from the configuration
    std::optional<std::string> socket;       ///< a path, or `none`; nullopt: the default place
    bool check_config = false;
    bool json = false;  ///< what check_config finds, for programs
    std::string log_level = "info";
};

/// Reads the command line. An int is the exit code of a program that has nothing more to do: --help, --version, or a
/// wrong usage (64), whose texts have been printed.
struct parsed_options {
    daemon_options options;
    std::optional<int> exit_code;
};

parsed_options parse_options(int argc, const char* const* argv);

}  // namespace opd::listen
