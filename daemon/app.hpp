#pragma once

#include "config/config.hpp"
#include "daemon/listen_plan.hpp"

#include <filesystem>

namespace spdlog {
class logger;
}

namespace opd {

/// Runs the daemon until SIGTERM or SIGINT: serves on every address of the plan, and probes every server. Returns the
/// exit code; what prevents a start has been logged.
int run_daemon(const config&, const std::filesystem::path& config_file, const listen_plan&, spdlog::logger&);

}  // namespace opd
