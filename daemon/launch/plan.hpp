#pragma once

#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"
#include "daemon/launch/choice.hpp"
#include "daemon/state/server_state.hpp"
#include "probes/report.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::launch {

/// One variable of the agent's environment.
struct env_entry {
    enum class source : std::uint8_t {
        derived,    ///< `text` is the value, and no secret
        literal,    ///< `text` is the value, as the user wrote it in extra_env: it may be a secret
        reference,  ///< `text` names the variable of the caller's environment that holds the value
    };

    std::string name;
    std::string text;
    source from = source::derived;

    bool operator==(const env_entry&) const = default;
};

/// The environment of the contract for an agent on this server: the base URL, and the key by reference.
std::vector<env_entry> server_env(const model_server&, const api_root&);

/// `extra_env` of the server: verbatim, but `${NAME}` and nothing else is a reference.
std::vector<env_entry> extra_env(const model_server&);

/// The entry of that name, or null.
const env_entry* find_entry(const std::vector<env_entry>&, std::string_view name);

/// What the agent's key variable will hold in the end, extra_env included; nullopt: no key.
std::optional<env_entry> agent_key(const model_server&, const api_root&);

/// Each name once: of equal ones the last counts.
std::vector<env_entry> last_of_each(std::vector<env_entry>);

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

/// Nobody answers: an agent would wait, some of them for ever. It is worth one fresh probe before saying so.
bool is_down(probe_status);

/// The model as the server lists it, in the state's list; null where it does not, or is not known to. An id without tag
/// means `:latest`, as it does for the server.
const model* find_model(const state::server_state&, const kind&, std::string_view name);

/// Refuses a server that is down, unless forced. The answer is what the user should know before the agent starts: that
/// the server is down, or not well, or does not list the model. A key that only the daemon lacks is no concern here.
launchable<std::vector<std::string>> preflight(const launch_choice&, const state::server_state&, bool force);

// A recipe is what makes the environment of the contract effective with a tool as it really behaves, whatever the
// user's own settings say. It writes argv and args_at, and what the tool needs in env and unset besides the variables
// of the contract. For a builtin it only passes on what the delegator asks for.

/// What a recipe works from.
struct recipe_input {
    const launch_choice& chosen;
    const launch_settings& settings;
    std::optional<env_entry> key;  ///< what the tool's key variable will hold
    const model* listed;           ///< what the server tells about the model; null: nothing
    std::optional<std::string> ca_file;
    std::optional<std::string> settings_file;  ///< as in launch_context
    std::string_view version;                  ///< of the tool; empty: not known

    bool bridged() const { return chosen.via == way::bridge; }
};

using recipe = void (*)(const recipe_input&, launch_plan&);

/// Null: there is none.
recipe recipe_of(const llm_tool&);

// Each has its file.
void add_claude(const recipe_input&, launch_plan&);
void add_codex(const recipe_input&, launch_plan&);
void add_gemini(const recipe_input&, launch_plan&);

/// A permission mode, and the tool's arguments that mean it, with blanks between them.
struct permission_word {
    std::string_view word;
    std::string_view arguments;
};

// For the recipes.

/// `NAME VALUE`, or `NAME=VALUE` where the value looks like an option.
void add_option(std::vector<std::string>& argv, std::string_view name, std::string_view value);
void add_arguments(std::vector<std::string>& argv, std::initializer_list<std::string_view>);
void set_variable(launch_plan&, std::string_view name, std::string_view value);
/// The same value, or reference, under another name.
void copy_variable(launch_plan&, std::string_view name, const env_entry& of);
/// The arguments of a permission mode, or a warning that the tool has none such.
void add_permission_mode(const recipe_input&, std::span<const permission_word>, launch_plan&);

/// Goes on with a session: the `last` one by these arguments, another one by its id behind `word`.
void add_session(std::string_view id, std::initializer_list<std::string_view> last, std::string_view word,
                 launch_plan&);

/// `X-Operator-Model: MODEL`: what the bridge asks for where the agent names a model that the server does not list.
std::string model_header(const launch_choice&);

/// What stands for a key where a tool does not start without one, and the server needs none.
inline constexpr std::string_view no_key = "no-key";

/// The file, if it is there and only root can change it: it and every folder above belong to root, nobody else may
/// write to them, and there is no link on the way. A tool may take no other file for settings that go before the
/// user's.
std::optional<std::string> trusted_file(const std::filesystem::path&);

}  // namespace opd::launch
