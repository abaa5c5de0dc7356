#include "config/model/proxy.hpp"

#include "config/base/ascii.hpp"

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace opd {
namespace {

using address_bytes = std::array<std::uint8_t, 16>;

/// IPv4 addresses as mapped ones.
std::optional<address_bytes> bytes_of(std::string_view text) {
    if (const auto v4 = boost::urls::parse_ipv4_address(text)) {
        address_bytes mapped{};
        mapped[10] = mapped[11] = 0xFF;
        std::ranges::copy(v4->to_bytes(), mapped.begin() + 12);
        return mapped;
    }
    const auto v6 = boost::urls::parse_ipv6_address(text);
    if (!v6) return std::nullopt;
    address_bytes bytes{};
    std::ranges::copy(v6->to_bytes(), bytes.begin());
    return bytes;
}

bool in_block(std::string_view block, std::string_view host) {
    const std::string_view start = next_part(block, '/');
    const auto wanted = bytes_of(start);
    const auto address = bytes_of(host);
    const auto bits = read_number<unsigned>(block);
    if (!wanted || !address || !bits) return false;
    const unsigned total = *bits + (start.find(':') == start.npos ? 96 : 0);
    if (total > 128) return false;
    for (unsigned bit = 0; bit != total; ++bit) {
        const unsigned differ = (*wanted)[bit / 8] ^ (*address)[bit / 8];
        if (((differ >> (7 - bit % 8)) & 1U) != 0) return false;
    }
    return true;
}

/// Host and port; the port is empty where none is written.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = std::min(text.find(']'), text.size() - 1);
        const std::string_view rest = text.substr(end + 1);
        return {text.substr(1, end - 1), rest.starts_with(':') ? rest.substr(1) : std::string_view()};
    }
    const std::size_t colon = text.find(':');
    if (colon == text.npos || text.find(':', colon + 1) != text.npos) return {text, {}};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

bool names(std::string_view entry, std::string_view host, std::uint16_t port) {
    if (entry == "*") return true;
    if (entry.find('/') != entry.npos) return in_block(entry, host);
    auto [name, digits] = split_port(entry);
    if (!digits.empty() && read_number<std::uint16_t>(digits) != port) return false;
    if (name.starts_with("*.")) name.remove_prefix(1);
    if (name.starts_with('.')) name.remove_prefix(1);
    if (name.empty()) return false;
    const auto address = bytes_of(name);
    if (address) return address == bytes_of(host);
    return host == name || (host.ends_with(name) && host[host.size() - name.size() - 1] == '.');
}

std::string percent_decoded_login(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char code = 0;
        const char* const digits = text.data() + i + 1;
        const bool encoded =
            text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2;
        out += encoded ? static_cast<char>(code) : text[i];
        if (encoded) i += 2;
    }
    return out;
}

}  // namespace

std::string proxy::origin() const {
    return host.find(':') == host.npos ? fmt::format("http://{}:{}", host, port)
                                       : fmt::format("http://[{}]:{}", host, port);
}

result<proxy> read_proxy(std::string_view url) {
    const problem unreadable{"the URL of the proxy cannot be read", "write it as \"http://proxy.example.com:3128\""};
    std::string_view rest = trimmed(url);
    if (const std::size_t end = rest.find("://"); end != rest.npos) {
        const std::string scheme = lower_case(rest.substr(0, end));
        if (scheme == "https" || scheme.starts_with("socks")) {
            return problem{fmt::format("a proxy is not spoken to over {}", scheme == "https" ? "TLS" : "SOCKS"),
                           "write the address of its plain HTTP port, as \"http://proxy.example.com:3128\""};
        }
        if (scheme != "http") return unreadable;
        rest.remove_prefix(end + 3);
    }
    rest = rest.substr(0, rest.find('/'));
    proxy read;
    if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
        std::string login = percent_decoded_login(rest.substr(0, at));
        if (login.find(':') == login.npos) login += ':';
        read.login = secret(login);
        wipe(login);
        rest.remove_prefix(at + 1);
    }
    const auto [host, digits] = split_port(rest);
    const auto port = digits.empty() ? std::optional<std::uint16_t>(80) : read_number<std::uint16_t>(digits);
    const auto is_allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == ':'; };
    if (host.empty() || !port || *port == 0 || !std::ranges::all_of(host, is_allowed)) return unreadable;
    read.host = lower_case(host);
    read.port = *port;
    return read;
}

result<void> check_proxy(std::string_view setting) {
    if (setting == "env" || setting == "none") return {};
    if (const auto read = read_proxy(setting); !read)
        return problem{read.error().message, read.error().hint + ", or \"env\", or \"none\""};
    return {};
}

std::shared_ptr<const proxy> proxy_rules::way_to(const api_root& root) const {
    const auto& way = root.tls ? for_https : for_http;
    if (!way || scope_of(root.host) != network_scope::internet || is_exempt(no_proxy, root.host, root.port))
        return nullptr;
    return way;
}

proxy_rules read_proxy_rules(std::string_view setting,
                             const std::function<std::optional<std::string>(const char* name)>& variable,
                             const std::function<void(const problem&)>& complain) {
    proxy_rules rules;
    if (setting == "none") return rules;
    const auto value = [&](const char* lower, const char* upper) {
        const auto set = variable(lower);
        return set && !set->empty() ? *set : variable(upper).value_or(std::string());
    };
    const auto make = [&](std::string_view url, std::string_view source) -> std::shared_ptr<const proxy> {
        if (url.empty()) return nullptr;
        auto read = read_proxy(url);
        if (read) return std::make_shared<const proxy>(*std::move(read));
        complain(read.error().within(source));
        return nullptr;
    };
    rules.no_proxy = lower_case(value("no_proxy", "NO_PROXY"));
    if (setting == "env") {
        rules.for_http = make(value("http_proxy", "HTTP_PROXY"), "HTTP_PROXY");
        rules.for_https = make(value("https_proxy", "HTTPS_PROXY"), "HTTPS_PROXY");
    } else {
        rules.for_http = rules.for_https = make(setting, "proxy");
    }
    return rules;
}

bool is_exempt(std::string_view no_proxy, std::string_view host, std::uint16_t port) {
    std::string entries = lower_case(no_proxy);
    std::ranges::replace_if(entries, [](char c) { return c == ' ' || c == '\t'; }, ',');
    for (std::string_view rest = entries; !rest.empty();)
        if (const auto entry = next_part(rest, ','); !entry.empty() && names(entry, host, port)) return true;
    return false;
}

}  // namespace opd
