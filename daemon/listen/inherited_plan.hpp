#pragma once

#include "config/base/result.hpp"
#include "config/config.hpp"
#include "daemon/listen/listen_plan.hpp"
#include "daemon/listen/options.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace opd::listen {

/// The sockets that systemd has handed to this process, as a plan of where to serve: on them alone, whatever the
/// command line and the configuration say. nullopt: there are none. A problem is one in a unit. Asked a second time,
/// the system knows of none.
result<std::optional<listen_plan>> plan_inherited(const daemon_options&, const config&, spdlog::logger&);

/// What the user has asked for in vain, in words; `inherited` are the addresses that are served on.
std::vector<std::string> doubts_about_inherited(const listen_plan& inherited, const daemon_options&, const config&);

}  // namespace opd::listen
