#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// What keeps web pages of others out. A page can have its own name point to us (DNS rebinding), but then the Host is
// that name; it can send requests to us from its visitors' browsers, but those say where they come from.

namespace opd::http {

/// What the daemon is asked under, besides the loopback names and addresses.
struct own_names {
    std::string_view address;  ///< literal, without brackets: the one that the client has reached
    std::uint16_t port = 0;    ///< and its port
    std::span<const std::string> names;
};

/// Whether a Host header is the daemon's: a loopback name (RFC 6761 6.3) or address, or one of its own, with its port.
/// A port that is left out is 80 (RFC 9110 4.2.1).
bool is_own_host(std::string_view host, const own_names&);

/// Whether pages of this origin may ask: one of `cors_origins`, exactly, or the daemon's own: `http://` and the Host
/// that it was asked under. An empty Host has no pages.
bool is_allowed_origin(std::string_view origin, std::string_view own_host, std::span<const std::string> cors_origins);

/// Whether a Sec-Fetch-Site header (W3C Fetch Metadata) says that a page of another origin has the browser ask. What it
/// does not know is not judged.
bool is_foreign_fetch(std::string_view sec_fetch_site);

/// The media type of a body that may change something: `application/json`, in UTF-8 if it says so. What a page can send
/// to any host without asking first is none of that (Fetch, "CORS-safelisted request-header").
bool is_json_type(std::string_view content_type);

/// Whether a Host header may be this machine's as other machines ask for it: a literal address, or the machine's own
/// name, with or without a domain, and with any port. It may well be an address or a port of a router in between, so
/// this is only for requests that carry the token, which no web page has.
bool may_be_this_machine(std::string_view host, std::string_view machine_name);

}  // namespace opd::http
