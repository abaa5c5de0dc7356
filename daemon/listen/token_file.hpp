#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "daemon/listen/bind.hpp"
#include "daemon/listen/listen_plan.hpp"

#include <spdlog/fwd.h>

#include <filesystem>
#include <optional>

namespace opd::listen {

/// The token that clients on other machines must carry.
struct access_token {
    secret value;
    bool is_new = false;  ///< it has been made just now
};

/// Reads the token, or makes one of 256 random bits in a file of mode 0600. A file that others may read, that belongs
/// to somebody else or that is a link is refused. The exit code is 77 where somebody else may know or change the token,
/// or it cannot be read or made; 78 where the file holds something else.
result<access_token, listen_error> read_or_make_token(const std::filesystem::path& file);

/// The token that requests from other machines must carry, from `token` in the state folder; nullopt: they cannot reach
/// us anyway. The log is told what that means and where the token is, never the token itself.
result<std::optional<secret>, listen_error> token_for_other_machines(
    const listen_plan&, const std::optional<std::filesystem::path>& state_folder, spdlog::logger&);

}  // namespace opd::listen
