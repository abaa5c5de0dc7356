#pragma once

#include "config/base/result.hpp"
#include "config/model/llm_tools.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// A variable that the agent gets.
struct plan_variable {
    std::string name;
    std::string value;
    std::string from_env;  ///< not empty: the value is that of this variable of the caller
    bool secret = true;    ///< the value may be one: it is neither shown nor written to a file
};

/// How an agent is to be started, as operatord decided (`POST /api/v1/launch/resolve`).
struct received_plan {
    std::string tool;               ///< the file name of its program
    std::vector<std::string> argv;  ///< never empty
    std::size_t args_at = 0;        ///< the caller's own arguments go before this one of argv
    std::vector<plan_variable> env;
    std::vector<std::string> unset;
    std::string model_server;
    std::string model;
    std::string delegator;  ///< empty: none
    std::vector<std::string> warnings;
    std::vector<std::string> no_proxy;  ///< hosts that are to be reached without a proxy
    std::optional<private_home> home;
    std::string install_hint;
    std::string via;                     ///< `direct`, `bridge`; empty: an older daemon
    std::vector<std::string> losses;     ///< what the agent cannot do on that way
    std::vector<std::string> push_keys;  ///< variables of the caller that are handed to the daemon first
};

/// Reads a plan. It is refused where it could not be carried out to the letter: a name that is no variable's, a NUL in
/// a text, a tool or file that is a path.
result<received_plan> read_plan(std::string_view json);

/// The whole command line, with the caller's own arguments.
std::vector<std::string> command_line_of(const received_plan&, const std::vector<std::string>& arguments);

/// The plan as the daemon gave it, with the agent's arguments added, the program that would be run (null: none is
/// there) and without values that may be secrets. `json` has passed read_plan.
std::string public_plan(std::string_view json, const std::vector<std::string>& arguments,
                        const std::optional<std::string>& program);

}  // namespace opd
