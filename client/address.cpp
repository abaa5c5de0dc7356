#include "client/address.hpp"

#include "client/text.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

namespace opd {
namespace {

constexpr std::uint16_t default_port = 7008;

problem bad_url(std::string_view url) {
    return {fmt::format("--url {}: not the address of a daemon", printable(url)),
            fmt::format("write it as http://HOST:PORT, for example http://127.0.0.1:{}", default_port)};
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
    const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
    if (!parsed) return bad_url(url);
    const boost::urls::url_view& parts = *parsed;
    const std::string path = parts.path();
    if (parts.scheme_id() != boost::urls::scheme::http || parts.host().empty() || parts.has_userinfo() ||
        parts.has_query() || parts.has_fragment() || (!path.empty() && path != "/"))
        return bad_url(url);
    const std::uint16_t port = parts.port().empty() ? std::uint16_t{80} : parts.port_number();
    if (port == 0) return bad_url(url);
    daemon_address address{.socket_path = {}, .host = parts.host_address(), .port = port, .shown = {}};
    address.shown = "http://" + printable(address.authority());
    return address;
}

daemon_address fallback_address(std::string_view socket_path) {
    daemon_address address{.socket_path = {}, .host = "127.0.0.1", .port = default_port, .shown = {}};
    address.shown = fmt::format("http://127.0.0.1:{}", default_port);
    if (!socket_path.empty()) address.shown = fmt::format("{} or {}", printable(socket_path), address.shown);
    return address;
}

}  // namespace opd
