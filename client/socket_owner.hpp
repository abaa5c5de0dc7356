#pragma once

#include <optional>

#include <sys/types.h>

namespace opd {

/// The user who serves a connected unix socket, if that is neither root nor the one who runs this program: somebody has
/// put a socket in the place of the daemon's, to be told keys and to say what to launch.
std::optional<uid_t> foreign_owner(int connected);

}  // namespace opd
