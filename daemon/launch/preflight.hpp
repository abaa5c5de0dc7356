#pragma once

#include "daemon/launch/choice.hpp"
#include "daemon/state/server_state.hpp"
#include "probes/report.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace opd::launch {

/// Nobody answers: an agent would wait, some of them for ever. It is worth one fresh probe before saying so.
bool is_down(probe_status);

/// The model as the server lists it, in the state's list; null where it does not, or is not known to. An id without tag
/// means `:latest`, as it does for the server.
const model* find_model(const state::server_state&, const kind&, std::string_view name);

/// Refuses a server that is down, unless forced. The answer is what the user should know before the agent starts: that
/// the server is down, or not well, or does not list the model. A key that only the daemon lacks is no concern here.
launchable<std::vector<std::string>> preflight(const launch_choice&, const state::server_state&, bool force);

}  // namespace opd::launch
