#include "config/model/base_url.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <utility>

namespace opd {
namespace {

/// `v1`, `v3`, `v1beta`, `v1alpha2`
bool is_version(std::string_view segment) {
    if (!segment.starts_with('v')) return false;
    std::string_view rest = segment.substr(1);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0) return false;
    rest.remove_prefix(digits);
    for (const std::string_view stage : {"alpha", "beta"}) {
        if (rest.starts_with(stage)) {
            rest.remove_prefix(stage.size());
            break;
        }
    }
    return std::ranges::all_of(rest, is_digit);
}

std::string_view last_segment(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? std::string_view() : path.substr(slash + 1);
}

std::string_view without_last_segment(std::string_view path) {
    return path.substr(0, path.size() - last_segment(path).size() - (path.empty() ? 0 : 1));
}

/// Takes the endings away, each as often as it is there.
std::string_view without_endings(std::string_view path, std::initializer_list<std::string_view> endings) {
    for (bool cut = true; cut;) {
        cut = false;
        for (const std::string_view ending : endings) {
            if (!path.ends_with(ending)) continue;
            path.remove_suffix(ending.size());
            cut = true;
        }
    }
    return path;
}

/// People paste the address of an operation where the base is wanted.
std::string_view without_operation(std::string_view path, listing_dialect dialect) {
    static constexpr std::array<std::string_view, 6> common{"/chat/completions", "/completions", "/responses",
                                                            "/messages",         "/models",      "/embeddings"};
    static constexpr std::array<std::string_view, 8> ollama{"/api/tags",  "/api/chat",      "/api/generate",
                                                            "/api/show",  "/api/ps",        "/api/version",
                                                            "/api/embed", "/api/embeddings"};
    if (dialect == listing_dialect::google && last_segment(path).find(':') != path.npos) {
        const std::string_view model = without_last_segment(path);
        if (model.ends_with("/models")) path = model;
    }
    const auto cut = [&path](const auto& endings) {
        const auto ending =
            std::ranges::find_if(endings, [path](std::string_view candidate) { return path.ends_with(candidate); });
        if (ending != endings.end()) path.remove_suffix(ending->size());
        return ending != endings.end();
    };
    if (dialect == listing_dialect::ollama && cut(ollama)) return path;
    cut(common);
    return path;
}

std::optional<boost::urls::url_view> parse_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    // Boost 1.81 takes what is left of a port that is no number as the path.
    if (!url || !(url->encoded_path().empty() || url->encoded_path().starts_with('/'))) return std::nullopt;
    return *url;
}

/// Splits an OpenAI-style path into what is before the version and the version path.
void split_version(std::string_view path, api_root& root) {
    std::string_view before = path;
    if (last_segment(path) == "openai" && is_version(last_segment(without_last_segment(path))))
        before = without_last_segment(without_last_segment(path));
    else if (is_version(last_segment(path)))
        before = without_last_segment(path);
    root.version = path.substr(before.size());
    while (!root.version.empty() && before.ends_with(root.version)) before.remove_suffix(root.version.size());
    root.prefix = before;
}

void split_path(listing_dialect dialect, std::string_view path, api_root& root) {
    switch (dialect) {
        case listing_dialect::openai: split_version(path, root); return;
        case listing_dialect::openrouter:
            if (root.host == "openrouter.ai" && (path.empty() || path == "/api" || path == "/v1")) path = "/api/v1";
            split_version(path, root);
            return;
        case listing_dialect::anthropic: root.prefix = without_endings(path, {"/v1"}); return;
        case listing_dialect::google:
            root.prefix = without_endings(path, {"/openai", "/v1beta", "/v1alpha", "/v1"});
            return;
        case listing_dialect::ollama: root.prefix = without_endings(path, {"/v1", "/api"}); return;
        case listing_dialect::lmstudio: root.prefix = without_endings(path, {"/v1", "/api/v0", "/api"}); return;
    }
}

std::string tidy_path(std::string_view path) {
    std::string tidy;
    for (const char c : path)
        if (c != '/' || !tidy.ends_with('/')) tidy += c;
    if (tidy.ends_with('/')) tidy.pop_back();
    return tidy;
}

result<void> check_characters(std::string_view text) {
    if (text.empty()) return problem{"base_url is empty", "write one as \"http://localhost:8080\", or leave it out"};
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            return problem{"base_url holds a line break or another control character", "take it out"};
        if (c == ' ') return problem{"base_url holds a space", "take it out; write a space in a path as %20"};
        if (c == '\\') return problem{"base_url holds a backslash", "write \"/\" instead"};
        if (byte >= 0x80) {
            return problem{"base_url holds a character that is not ASCII",
                           "write the host in its punycode form (xn--...), and such characters in a path as %XX"};
        }
    }
    return {};
}

/// What is said where `http://` or `https://` is missing: the whole URL to write, if the text may be repeated.
problem missing_scheme(std::string_view text) {
    std::string_view rest = text;
    std::string_view scheme;
    for (const std::string_view known : {"https:", "http:"}) {
        if (!rest.starts_with(known)) continue;
        scheme = known.substr(0, known.size() - 1);
        rest.remove_prefix(known.size());
        break;
    }
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    const bool may_be_repeated = !rest.empty() && rest.find_first_of("@?#") == rest.npos;
    if (!may_be_repeated)
        return {"base_url does not start with http:// or https://", "write one as \"https://api.example.com/v1\""};
    const std::string_view host = rest.substr(0, rest.find_first_of(":/"));
    if (scheme.empty()) scheme = scope_of(host) == network_scope::internet ? "https" : "http";
    return {"base_url does not start with http:// or https://", fmt::format("write \"{}://{}\"", scheme, rest)};
}

/// Refuses what must not be in a base URL at all. The messages repeat nothing of it: it may be a password or key.
result<void> check_parts(std::string_view text) {
    const std::size_t start = text.find("://");
    if (start == text.npos) return missing_scheme(text);
    const std::string scheme = lower_case(text.substr(0, start));
    if (scheme.find_first_of("/?#@") != scheme.npos) return missing_scheme(text);
    if (scheme != "http" && scheme != "https") {
        return problem{fmt::format("base_url has the scheme {}; only http and https are spoken", in_quotes(scheme)),
                       "write a URL that starts with http:// or https://"};
    }
    const std::string_view after = text.substr(start + 3);
    const std::string_view authority = after.substr(0, after.find_first_of("/?#"));
    if (authority.find('@') != authority.npos) {
        return problem{"base_url holds a user name or password before an \"@\"",
                       "take it out; put a key into a variable and its NAME into api_key_env"};
    }
    if (after.find('?') != after.npos) {
        return problem{"base_url holds a query (\"?\" and what follows)",
                       "take it out; put a key into a variable and its NAME into api_key_env"};
    }
    if (after.find('#') != after.npos)
        return problem{"base_url holds a fragment (\"#\" and what follows)", "take it out"};
    if (authority.empty() || authority.starts_with(':'))
        return problem{"base_url has no host", "write one as \"http://localhost:8080\""};
    if (authority.starts_with("[fe80:") || authority.starts_with("[FE80:")) {
        return problem{
            "base_url has a link-local address (fe80:...), which only means something with an interface (%eth0), "
            "which agents do not read",
            "write another address of that machine, or its name, such as \"http://gpu-box.local:11434\""};
    }
    if (authority.find('%') != authority.npos) {
        return problem{"base_url has a percent-encoded host",
                       "write the host as it is; a name that is not ASCII in its punycode form (xn--...)"};
    }
    return {};
}

result<std::uint16_t> read_port(std::string_view digits, bool tls) {
    if (digits.empty()) return static_cast<std::uint16_t>(tls ? 443 : 80);
    const auto port = read_number<std::uint16_t>(digits);
    if (!port || *port == 0) {
        return problem{fmt::format("base_url has the port {}, which does not exist", utf8_prefix(digits, 20)),
                       "write a port from 1 to 65535"};
    }
    return *port;
}

result<std::string> read_host(const boost::urls::url_view& url) {
    std::string host = lower_case(url.host_address());
    const auto refused = [&host](std::string_view hint) {
        return problem{fmt::format("base_url has the host {}, which is none", in_quotes(host)), std::string(hint)};
    };
    switch (url.host_type()) {
        case boost::urls::host_type::ipv4: return host == "0.0.0.0" ? std::string("127.0.0.1") : host;
        case boost::urls::host_type::ipv6: {
            const boost::urls::ipv6_address address = url.host_ipv6_address();
            return address.is_unspecified() ? std::string("::1") : std::string(address.to_string());
        }
        case boost::urls::host_type::name: break;
        default: return refused("write a name, an IPv4 address, or an IPv6 address in brackets");
    }
    if (host.ends_with('.')) host.pop_back();
    const auto is_allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
    if (host.empty() || host.size() > 253 || host.starts_with('.') || host.find("..") != host.npos ||
        !std::ranges::all_of(host, is_allowed)) {
        return refused("write a name of letters, digits, \"-\" and \".\"");
    }
    // A name that ends in a number is read as an address by some programs and as a name by others.
    const std::string_view last = std::string_view(host).substr(host.rfind('.') + 1);
    if (std::ranges::all_of(last, is_digit) || last.starts_with("0x") || host.starts_with("0x"))
        return refused("write an IPv4 address with its four numbers, as in 127.0.0.1");
    return host;
}

}  // namespace

std::string api_root::authority() const {
    const std::string name = host.find(':') == host.npos ? host : '[' + host + ']';
    return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

std::string api_root::origin() const { return (tls ? "https://" : "http://") + authority(); }

result<api_root> resolve_base_url(const kind& of, std::string_view declared) {
    const std::string_view text = trimmed(declared);
    if (auto fine = check_characters(text); !fine) return fine.error();
    if (auto fine = check_parts(text); !fine) return fine.error();

    const auto url = parse_url(text);
    if (!url) {
        return problem{fmt::format("base_url {} is not a valid URL", in_quotes(text)),
                       "write one as \"http://localhost:8080\" or \"https://api.example.com/v1\""};
    }
    api_root root;
    root.tls = url->scheme_id() == boost::urls::scheme::https;
    auto host = read_host(*url);
    if (!host) return host.error();
    root.host = std::move(*host);
    const auto port = read_port(url->port(), root.tls);
    if (!port) return port.error();
    root.port = *port;

    const std::string path = tidy_path(std::string_view(url->encoded_path().data(), url->encoded_path().size()));
    if ((path + '/').find("/./") != path.npos || (path + '/').find("/../") != path.npos)
        return problem{"base_url holds \".\" or \"..\" as a part of its path", "write the path without them"};
    split_path(of.dialect, without_operation(path, of.dialect), root);
    return root;
}

result<void> check_cors_origin(std::string_view origin) {
    if (origin == "*" || origin == "null") {
        return problem{fmt::format("{} would open the API to every web page", in_quotes(origin)),
                       "list the origins one by one, as in \"http://localhost:3000\""};
    }
    const auto refusal = [origin](std::string_view why) {
        return problem{fmt::format("{} is not an origin: {}", in_quotes(origin), why),
                       "write scheme, host and port as the browser sends them, as in \"http://localhost:3000\""};
    };
    const auto url = parse_url(origin);
    if (!url || !url->has_authority() || url->encoded_host().empty()) return refusal("it is not SCHEME://HOST");
    // Nothing of it is repeated: it may be a password.
    if (url->has_userinfo()) return problem{"an origin holds a user name before an \"@\"", "take it out"};
    if (!url->encoded_path().empty()) return refusal("nothing may follow the host and port, not even a \"/\"");
    if (url->has_query() || url->has_fragment()) return refusal("nothing may follow the host and port");
    if (lower_case(origin) != origin) return refusal("browsers send it in lower case");
    if (!url->has_port()) return {};
    const auto port = url->port_number();
    if (port == 0) return refusal("the port does not exist");
    const bool is_default = (url->scheme() == "http" && port == 80) || (url->scheme() == "https" && port == 443);
    if (is_default) return refusal("browsers leave the default port out");
    return {};
}

std::string agent_base_url(const kind& of, const api_root& root) {
    const std::string base = root.origin() + root.prefix;
    switch (of.dialect) {
        case listing_dialect::anthropic:
        case listing_dialect::google: return base;
        case listing_dialect::openai: return base + (root.version.empty() && !root.unversioned ? "/v1" : root.version);
        case listing_dialect::openrouter:
            if (!root.version.empty()) return base + root.version;
            return base + (root.prefix.ends_with("/api") ? "/v1" : "/api/v1");
        case listing_dialect::ollama:
        case listing_dialect::lmstudio: return base + "/v1";
    }
    return base;
}

}  // namespace opd
