#pragma once

#include "client/answers.hpp"
#include "client/system.hpp"
#include "config/base/result.hpp"
#include "config/model/llm_tools.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <filesystem>
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
/// there) and without values that may be secrets. `json` is what read_plan has made the plan of.
std::string public_plan(std::string_view json, const received_plan&, const std::vector<std::string>& arguments,
                        const std::optional<std::string>& program);

/// A list of hosts for NO_PROXY that has those of the caller's NO_PROXY and no_proxy and the given ones; `*`, which is
/// all hosts and only understood alone, where one of them has it.
std::string with_hosts(const environment& caller, const std::vector<std::string>& hosts);

/// The variables of the plan, each once: a later one of the same name wins, in its own place.
std::vector<plan_variable> effective(const std::vector<plan_variable>&);

/// The references of the plan, one for each variable that is referred to.
std::vector<plan_variable> references(const received_plan&);

/// Those that the caller's environment does not resolve: their variables are not set, or empty.
std::vector<plan_variable> unresolved(const received_plan&, const environment& caller);

/// What the agent gets: the caller's environment without what the plan unsets, with NO_PROXY and no_proxy extended, the
/// variables of the private home, and then the plan's variables. References are to the caller's environment; unresolved
/// ones are empty.
environment agent_environment(const received_plan&, const environment& caller, const environment& home);

/// `ours` on top of the user's settings: objects member by member, anything else is replaced.
boost::json::object merged_settings(boost::json::object users, const boost::json::object& ours);

/// A private home that is ready: its path, and the variables that lead the agent there and to the user's own files.
struct prepared_home {
    std::filesystem::path path;
    environment variables;
};

/// Makes, or brings up to date, `$XDG_STATE_HOME/operator/TOOL-home` (mode 0700). In its `folder` stands what the user
/// has in theirs, as symbolic links, but `file` is a copy of the user's with the settings merged in; comments are
/// allowed in it. What the agent has changed in that copy since it was made goes into the user's file first, unless the
/// user has changed the same meanwhile; nothing else of the user's is written to. What the agent has made there itself
/// stays, but for the contents of the shared folders, which move to the user's.
result<prepared_home> prepare_home(const private_home&, const std::string& tool, const environment& caller);

/// A setting of an administrator's, which stands above a launch.
struct managed_setting {
    std::string tool;
    std::string file;
    std::string key;
};

/// Those that could lead an agent elsewhere, or keep it from starting. Nothing of it is ever gone around. `etc` is
/// /etc.
std::vector<managed_setting> find_managed_settings(const environment& caller,
                                                   const std::filesystem::path& etc = "/etc");
/// An administrator has made settings for this tool, whatever is in them.
bool has_managed_file(std::string_view tool, const environment& caller, const std::filesystem::path& etc = "/etc");
/// What that means, for people.
std::string sentence_of(const managed_setting&);

/// What was launched in a folder.
struct last_launch {
    std::optional<std::string> delegator;
    std::optional<std::string> llm_tool;  ///< with model, where there is no delegator
    std::optional<std::string> model;
    std::optional<std::string> model_server;
};

/// Keeps in the state folder what is launched in the current folder (names alone, for the last 200 folders), so that
/// `launch --resume` finds it.
void remember_launch(const received_plan&, const environment& caller);

/// What was launched last in the current folder; nullopt: nothing that is known.
std::optional<last_launch> find_last_launch(const environment& caller);

/// A plan for people: what would be run with what, without values that may be secrets. What keeps it from running for
/// this caller (a variable that is not set, a program that is not there) is told, too.
std::string show_plan(const received_plan&, const std::vector<std::string>& arguments, const environment& caller,
                      const view&);

/// `codex: not found on PATH; install it with: ...`, or that it may not be executed.
std::string why_not_run(const received_plan&, const std::optional<found_program>&);

/// What to do about a variable that the plan refers to and the caller does not have.
std::string why_unresolved(const plan_variable&, const received_plan&);

/// A POSIX shell script that launches the agent as the plan says, without operatord. No key is in it: references are
/// resolved when it runs; values of extra_env are as they were configured. What it is called with goes to the agent,
/// behind `arguments`. `home` is what prepare_home() gives.
std::string launch_script(const received_plan&, const std::vector<std::string>& arguments, const environment& home);

/// The plan has values of extra_env, which may be secrets.
bool holds_values(const received_plan&);

}  // namespace opd
