#include "daemon/http/guard.hpp"

#include "config/base_url.hpp"

#include <algorithm>
#include <cctype>

namespace opd {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// The host of `host[:port]`, an IPv6 address without its brackets. Empty where that is not what it is.
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        return end == std::string_view::npos ? std::string_view{} : authority.substr(1, end - 1);
    }
    return authority.substr(0, authority.find(':'));
}

}  // namespace

bool is_own_host(std::string_view host_header, std::span<const std::string> own_hosts) {
    const std::string host = lower(host_of(host_header));
    if (host.empty()) return false;
    return scope_of(host) == network_scope::loopback || std::ranges::find(own_hosts, host) != own_hosts.end();
}

bool is_allowed_origin(std::string_view origin, std::string_view host_header,
                       std::span<const std::string> cors_origins) {
    if (origin.empty()) return true;
    if (std::ranges::find(cors_origins, origin) != cors_origins.end()) return true;
    return lower(origin) == "http://" + lower(host_header);
}

}  // namespace opd
