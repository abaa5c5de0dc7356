#pragma once

#include "config/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace opd {

/// Where operatord is asked: a unix socket, or a host and port.
struct daemon_address {
    std::string socket_path;  ///< not empty: a unix socket, and host and port mean nothing
    std::string host;         ///< a name or a literal address without brackets
    std::uint16_t port = 0;
    std::string shown;  ///< as messages name it

    /// The Host header.
    std::string authority() const;

    bool operator==(const daemon_address&) const = default;
};

daemon_address socket_address(std::string path);

/// Reads `--url`: `http://HOST[:PORT]`, without path, user info, query or fragment.
result<daemon_address> url_address(std::string_view url);

/// Where operatord listens unless told otherwise, when `socket_path` does not exist: TCP on loopback.
daemon_address fallback_address(std::string_view socket_path);

}  // namespace opd
