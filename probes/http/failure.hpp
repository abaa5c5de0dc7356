#pragma once

#include "config/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace opd {

/// How far an exchange with a server got.
enum class stage : std::uint8_t { resolve, connect, tls, send, header, body };

std::string_view to_string(stage);

/// Why there is no answer of a server.
struct failure {
    enum class reason : std::uint8_t {
        timed_out,      ///< the deadline passed
        unknown_host,   ///< the name has no address
        resolver,       ///< the name service did not answer
        refused,        ///< nobody listens there
        unreachable,    ///< no route, reset, and other network errors
        closed,         ///< the server closed the connection before its answer was whole
        tls,            ///< the handshake failed; `detail` has the reason of the verification or the library
        not_http,       ///< what came back is not HTTP
        too_large,      ///< the header or body is over the limit
        plaintext_key,  ///< the key would have gone in clear to a host outside the private networks: nothing was sent
        bad_ca_file,    ///< the server's ca_file cannot be used
        cancelled,      ///< the daemon is stopping
    };
    reason why = reason::unreachable;
    opd::stage at = opd::stage::connect;
    std::string detail;  ///< the system's or library's words, one line; may be empty
};

}  // namespace opd
