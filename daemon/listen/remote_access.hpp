#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "daemon/listen/listen_plan.hpp"
#include "daemon/listen/token_file.hpp"

#include <filesystem>
#include <optional>

namespace spdlog {
class logger;
}

namespace opd::listen {

/// Whether other machines can reach any of these addresses.
bool reaches_other_machines(const listen_plan&);

/// The token that requests from other machines must carry, from `token` in the state folder; nullopt: they cannot reach
/// us anyway. The log is told what that means and where the token is, never the token itself.
result<std::optional<secret>, token_error> token_for_other_machines(
    const listen_plan&, const std::optional<std::filesystem::path>& state_folder, spdlog::logger&);

}  // namespace opd::listen
