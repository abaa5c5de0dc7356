#pragma once

#include "config/base/result.hpp"
#include "config/model/kinds.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace opd {

/// Where a declared base URL really points. Both probing and launching start from it, so that every way to write a base
/// (with or without API version, trailing slash, operation suffix) means the same and nothing produces `/v1/v1`.
struct api_root {
    bool tls = false;
    std::string host;        ///< lower case; an IPv6 address without brackets
    std::uint16_t port = 0;  ///< never 0
    std::string prefix;      ///< path before the API version: empty, or `/openai` (no trailing slash)
    std::string
        version;  ///< the version path as declared (`/v1`, `/api/v3`, `/v1beta/openai`); empty where it was left out

    bool unversioned = false;  ///< no version is to be added where none is declared

    std::string authority() const;  ///< `localhost:11434`, `[::1]:8080`; a default port is left out. The Host header
    std::string origin() const;     ///< `http://localhost:11434`

    bool operator==(const api_root&) const = default;
};

/// Reads a declared base URL by the rules of its kind. Refused, in words for the user: anything that is not absolute
/// http or https, without host, or with user info, query, fragment, spaces or control characters inside.
result<api_root> resolve_base_url(const kind&, std::string_view declared);

/// The rule for an entry of `cors_origins`: an origin exactly as a browser sends it (RFC 6454 section 6.2): scheme,
/// host and, unless it is the scheme's default, port; lower case, nothing after it.
result<void> check_cors_origin(std::string_view origin);

/// The value for the agent's base-URL variable: OpenAI's ends in the version path (`…/v1`), Anthropic's and Google's do
/// not.
std::string agent_base_url(const kind&, const api_root&);

enum class network_scope : std::uint8_t { loopback, private_network, internet };

/// How far away a host (a name or a literal address, without brackets) is, judged by its spelling alone: RFC 1918,
/// 4193, 3927, 4291 and 6598 addresses, `localhost`, names without a dot and below `.local`, `.lan`, `.internal`,
/// `.home.arpa`, `.ts.net` are near.
network_scope scope_of(std::string_view host);

/// An IPv4 or IPv6 address, without brackets and zone.
bool is_ip_address(std::string_view text);

/// The host is the vendor's own, by name and port: those in the kind's default base URL (the port of plain http counts
/// as well, so that what would go there can be told).
bool is_vendor_host(const kind&, const api_root&);

/// The kind whose vendor's own host this is, whatever kind it was declared as; null for everybody else's host, local
/// ones and plain http included.
const kind* vendor_of(const api_root&);

}  // namespace opd
