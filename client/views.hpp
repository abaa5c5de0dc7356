#pragma once

#include "client/answers.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// How answers are shown to people. All pure; every text from the daemon is made printable.
struct view {
    bool colour = false;
    wall_time now;  ///< what ages are counted from
};

/// One line on the daemon, its configuration and its probes each, and on its service, if there is anything to tell.
std::string show_health(const health_answer&, const view&, std::string_view service = {});

/// The table of servers, then a line with error and hint for each answer of `problems`.
std::string show_servers(const std::vector<server_answer>&, const std::vector<models_answer>& problems, const view&);

/// Everything about one server; `problem` is why it is not reachable, or null.
std::string show_server(const server_answer&, const models_answer* problem, const view&);

/// The models of one server; of an unreachable one the error, the hint and the last known models.
std::string show_models(const models_answer&, const view&);

/// The models of all reachable servers in one table, and the names of the others.
std::string show_all_models(const std::vector<models_answer>&, const view&);

std::string show_kinds(const std::vector<kind_entry>&, const view&);

std::string show_delegators(const std::vector<delegator_answer>&, const view&);

/// Everything about one delegator.
std::string show_delegator(const delegator_answer&, const view&);

/// The llm tools: those that are there, and those that are not found; what to do about what is missing, too old or
/// silent; and the default.
std::string show_tools(const std::vector<tool_answer>&, const default_answer&, const view&);

/// The table of keys, what is wrong with them, and what to do for those that servers wait for.
std::string show_keys(const keys_answer&, const view&);

/// A key that was handed over, and where its servers stand now; those of others may be among them.
std::string show_pushed(const key_answer&, const std::vector<models_answer>&);

/// A pushed key that was forgotten.
std::string show_forgotten(const key_answer&);

/// Whether a status calls for the user: neither reachable nor merely unasked.
bool is_problem(const probe_summary&);

}  // namespace opd
