#pragma once

#include "daemon/launch/choice.hpp"
#include "daemon/launch/env_table.hpp"
#include "daemon/launch/preflight.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace opd::launch {

/// All that is needed to start the agent, and no secret of ours: a key is named, never held.
struct launch_plan {
    const llm_tool* tool = nullptr;
    std::vector<std::string> argv;   ///< the whole command line, a prompt included
    std::size_t args_at = 0;         ///< the caller's own arguments belong before this one
    std::vector<env_entry> env;      ///< each name once
    std::vector<std::string> unset;  ///< none that is in `env`
    std::string model_server;
    std::string model;
    std::vector<std::string> warnings;
    std::optional<std::string> delegator;
    std::vector<std::string> no_proxy;  ///< hosts that no proxy may come between
    std::optional<private_home> home;
    way via = way::direct;
    std::string protocol;                ///< that the server is asked in: chat, messages, responses, generate
    std::vector<std::string> losses;     ///< what the agent can do elsewhere, and not on this way
    std::vector<std::string> push_keys;  ///< variables whose values the client is to hand to the daemon first
};

/// What the plan depends on besides the configuration.
struct launch_context {
    state::server_state server;                ///< of the chosen server; not looked at for a builtin
    std::string home;                          ///< the user's, for a ca_file that starts with `~/`
    std::optional<std::string> settings_file;  ///< the tool's (llm_tool), where it is there and trusted
    std::string tool_version;                  ///< empty: not known
    bool push_keys = false;                    ///< the daemon is to learn the key, too
    std::optional<std::string> bridge_origin;  ///< `http://127.0.0.1:7008`; nullopt: nothing listens on TCP
};

launchable<launch_plan> plan_launch(const launch_choice&, const launch_request&, const launch_context&);

/// The plan as JSON. Over TCP (`reveal_env` false) literal values of extra_env are `***`.
std::string encode_plan(const launch_plan&, bool reveal_env);

}  // namespace opd::launch
