#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

/// How a request presents the key, if there is one.
enum class credential : std::uint8_t { none, bearer, x_api_key, x_goog_api_key };

/// One request. The transport adds Host, User-Agent, Accept, Accept-Encoding: identity, the length of a body, and the
/// key; a header of the same name takes the place of its own.
struct http_request {
    std::string target;  ///< path and query
    credential auth = credential::none;
    std::vector<std::pair<std::string_view, std::string_view>> headers{};  ///< name and value, without line breaks
    std::string method = "GET";
    std::string_view body{};  ///< must live until the head of the answer has come
};

/// Names in lower case, and values.
using http_headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of this name; empty: there is none.
std::string_view header_of(const http_headers&, std::string_view name);

/// What comes before the body of an answer.
struct http_head {
    unsigned status = 0;
    http_headers headers{};  ///< as often as they came

    std::string_view header(std::string_view name) const { return header_of(headers, name); }
};

/// What a server answered, as far as probes care.
struct http_reply {
    unsigned status = 0;
    std::string content_type;      ///< as sent; may be empty
    std::string content_encoding;  ///< as sent
    std::string location;          ///< of a redirect, as sent
    /// retry-after, retry-after-ms, x-ratelimit-reset-*, anthropic-ratelimit-*-reset, date
    http_headers rate_limit_headers;
    std::string body;       ///< within the limit of who asked
    std::string challenge;  ///< WWW-Authenticate, as sent
    std::string next_link;  ///< the target of a Link header with rel=next, as sent; empty: none

    /// The body is not compressed.
    bool is_plain() const;
};

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
        bad_http,       ///< it begins like HTTP, and breaks its rules
        too_large,      ///< the header or body is over the limit
        proxy,          ///< the proxy makes no way to the server; `detail` is the status of its answer
        plaintext_key,  ///< the key would have gone in clear to a host outside the private networks: nothing was sent
        bad_ca_file,    ///< the server's ca_file cannot be used
        cancelled,      ///< the daemon is stopping
    };
    reason why = reason::unreachable;
    opd::stage at = opd::stage::connect;
    std::string detail;   ///< the system's or library's words, one line; may be empty
    std::string proxy{};  ///< which proxy it happened with, without its login; empty: with the server itself
};

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

/// What one probe of one model server may cost, besides its time-out: passed down from who starts it.
struct probe_limits {
    std::uint32_t header_bytes = 64 * 1024;  ///< of one answer; of a chunk's extensions and trailers, too
    /// Of one answer, and of all pages of a list together. OpenRouter's list was 532 KB in August 2026, and grows.
    std::uint64_t body_bytes = std::uint64_t{8} * 1024 * 1024;
    unsigned interim_answers = 8;         ///< 100, 103 before the real one; more is a server that only talks
    std::size_t rate_limit_headers = 32;  ///< looked at, of those that say when to come back
    std::size_t pages = 50;
    std::size_t models = 20'000;  ///< kept; the rest is read and forgotten
};

}  // namespace opd
