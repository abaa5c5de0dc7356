#pragma once

#include "config/base/exit_codes.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace opd {

// What a user can ask for: one struct for each command, named after its words, with what its arguments say. In an
// optional text nullopt means that nothing was said about it, and an empty text that it shall be empty.
namespace command {

struct status {};
struct health {};
struct kinds {};
struct tools {};

struct models {
    std::string server;  ///< empty: all that are reachable
    bool refresh = false;
};

struct servers_list {};

struct servers_show {
    std::string name;
};

struct server_fields {
    /// What fields are to be, by their names over REST: `true` or `false` where they are flags, and an empty text takes
    /// one out.
    std::map<std::string, std::string, std::less<>> values;
    std::vector<std::string> env;        ///< `NAME=VALUE`, variables of extra_env to set
    std::vector<std::string> unset_env;  ///< and to take out
};

struct servers_add {
    std::string name;
    server_fields fields;
};

struct servers_set {
    std::string name;
    server_fields fields;
};

struct servers_remove {
    std::string name;
    bool force = false;  ///< also if delegators name it
};

struct delegators_list {};

struct delegators_show {
    std::string name;
};

struct delegators_add {
    std::string name;
    std::string llm_tool;
    std::string model;
    std::optional<std::string> model_server;
    std::optional<std::string> display_name;
    std::optional<std::string> permission_mode;
    std::optional<std::string> reasoning_effort;
    std::vector<std::string> flags;
    bool yolo = false;
};

struct delegators_remove {
    std::string name;
};

struct use {
    std::string server;
    std::optional<std::string> llm_tool;
    std::optional<std::string> model;
};

struct launch {
    std::optional<std::string> delegator;
    std::optional<std::string> llm_tool;
    std::optional<std::string> model;
    std::optional<std::string> model_server;
    std::optional<std::string> prompt;
    std::optional<std::string> resume;   ///< go on with this session; empty: the last one
    std::optional<std::string> script;   ///< write a script to this file instead of launching
    std::vector<std::string> arguments;  ///< for the agent: any bytes
    bool force = false;                  ///< launch although the server is down; replace the script's file
    bool print = false;                  ///< show the plan instead of launching
    bool direct = false;                 ///< the agent is to talk to the server itself
    bool bridge = false;                 ///< it is to go through the bridge
};

struct keys_list {};

struct keys_push {
    std::vector<std::string> names;  ///< none: all that servers use and the caller has
};

struct keys_forget {
    std::vector<std::string> names;  ///< none: all that were pushed
};

struct service_install {
    bool force = false;  ///< also over units that something else has put there
};

struct service_uninstall {};
struct service_status {};

struct service_logs {
    std::string server;   ///< empty: all of the log
    bool follow = false;  ///< go on with what comes
};

struct doctor {};

/// The names that the word under the cursor may become.
struct names {
    std::string_view of;  ///< `server`, `delegator`, `kind`, `tool` or `key`
    std::string typed;    ///< how the name begins
};

using any = std::variant<status, health, kinds, tools, models, servers_list, servers_show, servers_add, servers_set,
                         servers_remove, delegators_list, delegators_show, delegators_add, delegators_remove, use,
                         launch, keys_list, keys_push, keys_forget, service_install, service_uninstall, service_status,
                         service_logs, doctor, names>;

}  // namespace command

/// A command, and the options that all commands share.
struct invocation {
    command::any what;
    bool json = false;
    std::optional<std::string> url;
    std::optional<std::string> socket;
    std::optional<std::string> token_file;  ///< for `url`
};

/// A program to become by execve(2).
struct successor {
    std::string path;
    std::vector<std::string> argv;
    std::vector<std::string> environment;  ///< `NAME=VALUE`
};

/// What a command comes to: the texts for stdout and stderr, and then either the exit code (contract section 2) or the
/// program that operatorctl becomes.
struct outcome {
    std::string out;
    std::string err;
    int exit_code = 0;
    std::optional<successor> becomes;
};

/// Whether it can be asked over the unix socket alone: over TCP the daemon hides what a launch needs to know, and
/// speaks of no keys.
bool needs_socket(const command::any&);

/// Reads the command line. An outcome means that all is said: `--help`, `--version`, or a usage error.
std::variant<invocation, outcome> parse_command_line(int argc, const char* const* argv);

}  // namespace opd
