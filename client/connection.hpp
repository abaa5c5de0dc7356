#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

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

enum class http_method : std::uint8_t { get, post, put, remove };

struct daemon_request {
    std::string target;  ///< path and query
    http_method method = http_method::get;
    std::string body;      ///< JSON; empty: none
    std::string if_match;  ///< the tag of what is to be changed; empty: whatever it is by now

    bool operator==(const daemon_request&) const = default;
};

struct daemon_answer {
    unsigned status = 0;
    std::string body;
    std::string etag;  ///< empty: none was sent
};

/// Why there is no answer.
struct connection_failure {
    enum class reason : std::uint8_t {
        not_there,  ///< no such socket, or nobody listens
        forbidden,  ///< the permissions of the socket
        timed_out,  ///< the limit passed
        ended,      ///< the connection ended before an answer had begun
        broken,     ///< the connection broke, or what came is not HTTP
        foreign,    ///< another user serves the socket; nothing was sent
        unknown_host
    };
    reason why = reason::not_there;
    std::string detail;  ///< the system's words
};

using daemon_reply = result<daemon_answer, connection_failure>;

/// Sends the requests to the daemon, a few at a time, each on a connection of its own and with one deadline `limit`
/// from now for all of them. One reply for each request, in their order. Blocks until all are there, and leaves no
/// descriptor open. The token is sent over TCP alone, and only if there is one. Where nobody is there, or leaves
/// without an answer, all are asked again until `patience` is over: the daemon may be starting anew.
std::vector<daemon_reply> ask_daemon(const daemon_address&, std::span<const daemon_request>,
                                     std::chrono::milliseconds limit, const secret& token = {},
                                     std::chrono::milliseconds patience = {});

/// The user who serves a connected unix socket, if that is neither root nor the one who runs this program: somebody has
/// put a socket in the place of the daemon's, to be told keys and to say what to launch.
std::optional<uid_t> foreign_owner(int connected);

// HTTP/1.0, as far as it takes to ask operatord: one request for each connection, answers with a length or up to the
// end of the connection. (HTTP/1.1 would have to read chunks, which operatord does not send.)

/// The whole request; `host` is the Host header. An empty token is not sent.
std::string request_text(const daemon_request&, std::string_view host, const secret& token = {});

/// The answer, once all of it has been received; nullopt: more is to come. `ended`: nothing more will.
std::optional<daemon_reply> read_reply(std::string_view received, bool ended);

}  // namespace opd
