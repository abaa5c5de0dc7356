#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "config/model/base_url.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// An HTTP proxy, spoken to in clear. What is shown of it never holds its login.
struct proxy {
    std::string host;  ///< an IPv6 address without brackets
    std::uint16_t port = 0;
    secret login;  ///< `user:password`; for this proxy alone

    std::string origin() const;  ///< `http://proxy.corp:3128`
};

/// Reads `http://[USER:PASSWORD@]HOST[:PORT]`, also without the scheme. The messages repeat nothing of it.
result<proxy> read_proxy(std::string_view url);

/// The rule for `proxy` of [probes]: "env", "none", or the URL of a proxy.
result<void> check_proxy(std::string_view setting);

/// Which way to which server.
struct proxy_rules {
    std::shared_ptr<const proxy> for_http, for_https;  ///< nullptr: none
    std::string no_proxy;                              ///< as in the variable of that name

    /// nullptr: directly, as always on loopback and private networks.
    std::shared_ptr<const proxy> way_to(const api_root&) const;
};

/// The rules of a setting, and of the environment where it asks for that. `complain` hears of variables that cannot be
/// used.
proxy_rules read_proxy_rules(std::string_view setting,
                             const std::function<std::optional<std::string>(const char* name)>& variable,
                             const std::function<void(const problem&)>& complain);

/// NO_PROXY names this host: `*`, a host with all below it (with or without a leading `.` or `*.`), an address, a block
/// of addresses (10.0.0.0/8), each also with a port; separated by commas or blanks.
bool is_exempt(std::string_view no_proxy, std::string_view host, std::uint16_t port);

}  // namespace opd
