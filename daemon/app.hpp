#pragma once

#include "daemon/keys/key_source.hpp"
#include "daemon/listen/listen_plan.hpp"
#include "daemon/state/config_store.hpp"

#include <spdlog/fwd.h>

#include <filesystem>
#include <optional>

namespace opd {

/// What a daemon starts with.
struct daemon_start {
    std::filesystem::path config_file;
    std::optional<std::filesystem::path> state_folder;  ///< nullopt: no backups are made
    state::config_snapshot_ptr configuration;
    keys::key_places keys;
    listen::listen_plan plan;
};

/// Runs the daemon until SIGTERM or SIGINT: serves on every address of the plan, probes every server, and follows the
/// configuration file. Returns the exit code; what prevents a start has been logged.
int run_daemon(const daemon_start&, spdlog::logger&);

/// operatord, from its command line to its exit code.
int run_operatord(int argc, const char* const* argv);

}  // namespace opd
