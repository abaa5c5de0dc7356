#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace opd {

/// Whether a Host header names this daemon: a loopback name or address, or one of `own_hosts` (the configured ones),
/// with any port. Everything else is a web page that has its own name point to us (DNS rebinding).
bool is_own_host(std::string_view host_header, std::span<const std::string> own_hosts);

/// Whether a browser page of this origin may ask: none at all (no browser), the daemon's own (`http://` and the Host it
/// was asked under), or one of `cors_origins`, exactly.
bool is_allowed_origin(std::string_view origin, std::string_view host_header,
                       std::span<const std::string> cors_origins);

}  // namespace opd
