#include "client/connection.hpp"
#include "client/text.hpp"
#include "config/base/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace opd {
namespace {

constexpr std::uint16_t default_port = 7008;

problem bad_url(std::string_view url) {
    return {fmt::format("--url {}: not the address of a daemon", printable(url)),
            fmt::format("write it as http://HOST:PORT, for example http://127.0.0.1:{}", default_port)};
}

bool is_one_of(char c, std::string_view others) { return is_alphanumeric(c) || others.find(c) != others.npos; }

/// Takes a host off the front, an IPv6 address without its brackets.
std::optional<std::string_view> take_host(std::string_view& rest) {
    const bool in_brackets = rest.starts_with('[');
    if (in_brackets) rest.remove_prefix(1);
    const std::string_view others = in_brackets ? ":." : "-._";
    const auto end = std::ranges::find_if_not(rest, [others](char c) { return is_one_of(c, others); });
    const std::string_view host = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(host.size());
    if (host.empty() || (in_brackets && !rest.starts_with(']'))) return std::nullopt;
    if (in_brackets) rest.remove_prefix(1);
    return host;
}

/// Reads what stands behind a host: `:PORT`, or nothing for that of HTTP.
std::optional<std::uint16_t> read_port(std::string_view rest) {
    if (rest.empty() || rest == ":") return std::uint16_t{80};
    const auto port = rest.starts_with(':') ? read_number<std::uint16_t>(rest.substr(1)) : std::nullopt;
    return port == 0 ? std::nullopt : port;
}

}  // namespace

std::string daemon_address::authority() const {
    if (!socket_path.empty()) return "localhost";
    const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return port == 80 ? name : fmt::format("{}:{}", name, port);
}

daemon_address socket_address(std::string path) {
    std::string shown = printable(path);
    return {.socket_path = std::move(path), .host = {}, .port = 0, .shown = std::move(shown)};
}

result<daemon_address> url_address(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!same_in_any_case(url.substr(0, scheme.size()), scheme)) return bad_url(url);
    std::string_view rest = url.substr(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const auto host = take_host(rest);
    const auto port = host ? read_port(rest) : std::nullopt;
    if (!port) return bad_url(url);
    daemon_address address{.host = std::string(*host), .port = *port};
    address.shown = "http://" + printable(address.authority());
    return address;
}

daemon_address fallback_address(std::string_view socket_path) {
    daemon_address address{.host = "127.0.0.1", .port = default_port};
    address.shown = fmt::format("http://127.0.0.1:{}", default_port);
    if (!socket_path.empty()) address.shown = fmt::format("{} or {}", printable(socket_path), address.shown);
    return address;
}

}  // namespace opd
