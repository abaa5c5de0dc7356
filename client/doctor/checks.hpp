#pragma once

#include "client/doctor/facts.hpp"
#include "client/views.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

enum class severity : std::uint8_t { ok, warning, problem };

/// One thing that `operatorctl doctor` has looked at.
struct finding {
    severity how_bad = severity::ok;
    std::string about;  ///< `service`, `socket`, `configuration`, `key`, `server`, `proxy`, `agent`, `settings`
    std::string text;
    std::string remedy;  ///< what to do, most often a command; empty: nothing

    bool operator==(const finding&) const = default;
};

using findings = std::vector<finding>;

// From facts to findings; all pure.

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
