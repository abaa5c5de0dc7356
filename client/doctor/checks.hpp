#pragma once

#include "client/doctor/facts.hpp"
#include "client/doctor/finding.hpp"

#include <string>
#include <string_view>

namespace opd {

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

}  // namespace opd
