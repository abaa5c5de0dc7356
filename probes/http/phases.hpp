#pragma once

#include <chrono>
#include <optional>

namespace opd {

/// How long each step of a conversation took; nullopt for one that was not needed, or has not ended. For a connection
/// that was made anew, the newest.
struct http_phases {
    using time = std::optional<std::chrono::microseconds>;

    time resolve;
    time connect;     ///< TCP, the addresses that failed included
    time tls;         ///< the handshake
    time first_byte;  ///< from the begin of the first request until the header of its answer had come

    bool operator==(const http_phases&) const = default;
};

}  // namespace opd
