#pragma once

#include "client/brief_run.hpp"
#include "client/service/unit_state.hpp"
#include "config/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace opd {

// The systemd manager of the user (systemd(1), `--user`), asked through systemctl on the PATH of the environment.

/// `systemctl` with its path; or why there is no user manager to talk to, and what to do.
result<std::string> find_user_manager(const environment&);

/// `systemctl --user WORDS`, to its end. A problem says what failed in systemctl's own words.
result<program_end> systemctl(const std::vector<std::string>& words, const environment&, brief_limits = {});

/// The state of our units. Starts a program, which takes some 10 ms.
result<service_units> ask_units(const environment&);

/// Whether the user's services go on without a session (loginctl(1), `enable-linger`); nullopt: nobody knows.
std::optional<bool> is_lingering(const environment&);

}  // namespace opd
