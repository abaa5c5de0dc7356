#pragma once

#include "client/answers.hpp"
#include "client/commands/common.hpp"
#include "client/connection.hpp"
#include "client/launch/launch.hpp"
#include "client/service/service.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace opd {

// What `operatorctl doctor` gathers before it judges. Names of variables and keys, never a value.

/// An operatord that could be started.
struct program_facts {
    std::string path;  ///< empty: there is none
    bool may_run = false;
    std::string version;  ///< empty: it could not be asked
};

struct service_facts {
    std::optional<service_units> units;  ///< nullopt: they cannot be asked for
    problem why_unknown;                 ///< why not
    std::string beside;                  ///< the operatord beside this operatorctl; empty: none
    program_facts program;               ///< what the service starts; without one, what is beside
    std::optional<bool> lingering;
    bool daemon_answers = false;
};

struct path_facts {
    bool exists = false;
    bool is_right_kind = false;  ///< a folder, a socket
    uid_t owner = 0;
    mode_t mode = 0;
};

struct socket_facts {
    std::string path;  ///< empty: the daemon is asked over TCP, since there is no place for a socket
    std::string address;
    bool is_usual = true;  ///< false: the user has named it
    path_facts folder;
    path_facts socket;
    uid_t user = 0;
    std::optional<connection_failure> failure;  ///< why the daemon did not answer
    std::string refusal;                        ///< what it says instead of its health
    std::string version;                        ///< of the daemon; empty: it did not answer
};

struct config_facts {
    std::string path;                  ///< empty: not known
    std::string running_error;         ///< what the daemon says of a text that it did not take over
    std::optional<program_end> check;  ///< `operatord --check-config --json`
};

struct server_facts {
    std::vector<server_answer> servers;
    std::optional<keys_answer> keys;  ///< nullopt: the daemon does not tell
    std::set<std::string> set_here;   ///< which of these keys the caller's environment has
    std::map<std::string, bool>
        resolved;  ///< hosts that operatord found no address for, and whether they have one here
};

struct proxy_facts {
    std::vector<std::string> variables;  ///< those that name a proxy and are set
    std::string no_proxy;                ///< the lists of hosts that need none
};

/// A tool's own setting that beats what its environment says.
struct own_setting {
    std::string tool;
    std::string file;
    std::string key;
};

struct agent_facts {
    std::vector<tool_answer> tools;              ///< as the daemon finds them
    bool daemon_tells = false;                   ///< false: `tools` means nothing
    std::map<std::string, std::string> on_path;  ///< tools on the caller's PATH, and where
    std::set<std::string> needed;                ///< by delegators, and the default
    std::vector<own_setting> settings;
    std::vector<managed_setting> managed;
};

struct doctor_facts {
    service_facts service;
    socket_facts socket;
    config_facts configuration;
    server_facts servers;
    proxy_facts proxies;
    agent_facts agents;
};

/// Looks at everything. Starts a few programs, each with a time limit, and asks the daemon.
doctor_facts gather_facts(const command_context&);

// The settings of the agents that beat what their environment says, as they were seen to. Names, never a value.

/// Of a settings.json of claude.
std::vector<std::string> settings_of_claude(std::string_view json);
/// Of a settings.json of gemini, comments allowed.
std::vector<std::string> settings_of_gemini(std::string_view json);
/// Of a config.toml of codex: keys outside of tables, and those of profiles.
std::vector<std::string> settings_of_codex(std::string_view toml);
/// Of a .env of codex.
std::vector<std::string> variables_of_codex(std::string_view text);

/// Looks into the files of this user. What is not there, or cannot be read, has none.
std::vector<own_setting> find_own_settings(const environment&);

// What is made of the facts.

enum class severity : std::uint8_t { ok, warning, problem };

/// One thing that `operatorctl doctor` has looked at.
struct finding {
    severity how_bad = severity::ok;
    std::string about;  ///< `service`, `socket`, `configuration`, `key`, `server`, `proxy`, `agent`, `settings`
    std::string text;
    std::string remedy = {};  ///< what to do, most often a command; empty: nothing

    bool operator==(const finding&) const = default;
};

using findings = std::vector<finding>;

// All pure.

findings check_service(const service_facts&);
/// How the daemon is started, as things are.
std::string how_to_start(const service_facts&);

findings check_socket(const socket_facts&, const std::string& how_to_start);
findings check_configuration(const config_facts&);
findings check_keys(const server_facts&);
findings check_servers(const server_facts&);
findings check_proxies(const proxy_facts&, const std::vector<server_answer>&);
findings check_agents(const agent_facts&);

findings check_all(const doctor_facts&);

/// The host of a server, without brackets.
std::string host_of(const server_answer&);

bool has_problem(const findings&);

/// A line for each finding, with its remedy below, and how many of them are bad.
std::string show_findings(const findings&, const view&);

/// `{findings: [{severity, about, text, remedy}], problems, warnings}`
std::string encode_findings(const findings&);

}  // namespace opd
