#pragma once

#include "client/address.hpp"
#include "config/result.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace opd {

struct daemon_answer {
    unsigned status = 0;
    std::string body;
};

/// Why there is no answer.
struct connection_failure {
    enum class reason : std::uint8_t {
        not_there,  ///< no such socket, or nobody listens
        forbidden,  ///< the permissions of the socket
        timed_out,  ///< the limit passed
        broken,     ///< the connection broke, or what came is not HTTP
        unknown_host
    };
    reason why = reason::not_there;
    std::string detail;  ///< the system's words
};

using daemon_reply = result<daemon_answer, connection_failure>;

/// GETs each target (path and query) from the daemon, a few at a time, each on a connection of its own and with one
/// deadline `limit` from now for all of them. One reply for each target, in their order. Blocks until all are there.
std::vector<daemon_reply> get_all(const daemon_address&, std::span<const std::string> targets,
                                  std::chrono::milliseconds limit);

}  // namespace opd
