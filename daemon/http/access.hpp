#pragma once

#include "daemon/http/peer.hpp"

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace opd {

enum class access : std::uint8_t {
    granted,
    with_token,  ///< to requests that carry the token
    refused
};

/// Who may speak: processes of this user, and of root; other machines with the token. `own` is the user of the daemon.
access access_of(const peer&, uid_t own);

/// Why it is refused, for the one who is.
std::string refusal_of(const peer&);

}  // namespace opd
