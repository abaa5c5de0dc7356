#include "daemon/http/guard.hpp"

#include "config/base/ascii.hpp"
#include "config/model/base_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

namespace opd::http {
namespace {

using address_bytes = std::array<unsigned char, sizeof(in6_addr)>;

/// An address as it goes over the wire (RFC 3986 3.2.2 allows no shorter forms of IPv4), filled up with zeros.
std::optional<address_bytes> read_address(int family, std::string_view text) {
    address_bytes bytes{};
    if (text.find('\0') != text.npos) return std::nullopt;
    if (::inet_pton(family, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
    return bytes;
}

bool is_own_address(int family, std::string_view host, std::string_view own) {
    const auto address = read_address(family, host);
    if (!address) return false;
    const bool loopback = family == AF_INET
                              ? address->front() == 127
                              : std::memcmp(address->data(), &in6addr_loopback, sizeof in6addr_loopback) == 0;
    return loopback || address == read_address(family, own);
}

bool is_loopback_name(std::string_view name) {
    static constexpr std::string_view loopback = "localhost";
    if (name.ends_with('.')) name.remove_suffix(1);
    if (!same_in_any_case(name.substr(name.size() - std::min(name.size(), loopback.size())), loopback)) return false;
    name.remove_suffix(loopback.size());
    const auto of_a_name = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
    return name.empty() || (name.size() > 1 && name.ends_with('.') && std::ranges::all_of(name, of_a_name));
}

bool is_own_name(std::string_view host, const own_names& own) {
    if (is_loopback_name(host) || is_own_address(AF_INET, host, own.address)) return true;
    return std::ranges::any_of(own.names, [&](const std::string& name) { return same_in_any_case(name, host); });
}

std::string_view first_label(std::string_view name) { return name.substr(0, name.find('.')); }

}  // namespace

bool is_own_host(std::string_view host, const own_names& own) {
    const bool bracketed = host.starts_with('[');
    const std::size_t end = std::min(host.find(bracketed ? ']' : ':'), host.size());
    const std::string_view name = host.substr(0, end);
    const std::string_view port = host.substr(std::min(end + (bracketed ? 1U : 0U), host.size()));
    const bool own_port = port.empty() ? own.port == 80 : port == fmt::format(":{}", own.port);
    if (!own_port) return false;
    return bracketed ? end != host.size() && is_own_address(AF_INET6, name.substr(1), own.address)
                     : is_own_name(name, own);
}

bool may_be_this_machine(std::string_view host, std::string_view machine_name) {
    if (host.starts_with('[')) {
        const std::size_t end = std::min(host.find(']'), host.size());
        return is_ip_address(host.substr(1, end - 1));
    }
    const std::string_view name = host.substr(0, host.find(':'));
    if (is_ip_address(name)) return true;
    const std::string_view label = first_label(name);
    return !label.empty() && same_in_any_case(label, first_label(machine_name));
}

bool is_allowed_origin(std::string_view origin, std::string_view own_host, std::span<const std::string> cors_origins) {
    if (std::ranges::find(cors_origins, origin) != cors_origins.end()) return true;
    return !own_host.empty() && lower_case(origin) == "http://" + lower_case(own_host);
}

// Another port of this machine is another origin, but the same site.
bool is_foreign_fetch(std::string_view sec_fetch_site) {
    return sec_fetch_site == "cross-site" || sec_fetch_site == "same-site";
}

bool is_json_type(std::string_view content_type) {
    if (!same_in_any_case(trimmed(next_part(content_type, ';')), "application/json")) return false;
    while (!content_type.empty()) {
        std::string_view value = next_part(content_type, ';');
        if (!same_in_any_case(trimmed(next_part(value, '=')), "charset")) continue;
        value = trimmed(value);
        if (!same_in_any_case(value, "utf-8") && !same_in_any_case(value, "\"utf-8\"")) return false;
    }
    return true;
}

}  // namespace opd::http
