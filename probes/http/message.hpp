#pragma once

#include "config/secret.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// How a request presents the key, if there is one.
enum class credential : std::uint8_t { none, bearer, x_api_key, x_goog_api_key };

/// One request of a probe: a GET of `target` (path and query). `headers` are name and value; the transport adds Host,
/// Accept, User-Agent and the key.
struct http_request {
    std::string target;
    credential auth = credential::none;
    std::vector<std::pair<std::string_view, std::string_view>> headers;
};

/// What a server answered, as far as probes care.
struct http_reply {
    unsigned status = 0;
    std::string content_type;      ///< as sent; may be empty
    std::string content_encoding;  ///< as sent; empty or `identity` for a plain body
    std::string location;          ///< of a redirect, as sent
    std::vector<std::pair<std::string, std::string>>
        rate_limit_headers;  ///< lower-case names: retry-after, retry-after-ms, x-ratelimit-reset-*,
                             ///< anthropic-ratelimit-*-reset, date
    std::string body;        ///< within the transport's limit
};

}  // namespace opd
