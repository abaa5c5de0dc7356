#include "daemon/api/web_pages.hpp"

#include "daemon/api/call.hpp"
#include "daemon/http/guard.hpp"
#include "daemon/http/remote_host.hpp"

#include <fmt/format.h>

#include <utility>

namespace opd {
namespace {

std::optional<answer> refuse_host(const request& asked, std::span<const std::string> own_hosts,
                                  std::string_view machine_name) {
    // Whoever can open the socket is no web page, whatever name it asks under.
    if (asked.over_unix_socket) return std::nullopt;
    if (asked.host.empty()) return failed(400, "bad_request", "the request has no Host header");
    if (is_own_host(asked.host, {.address = asked.own_address, .port = asked.own_port, .names = own_hosts}))
        return std::nullopt;
    if (asked.needs_token && may_be_this_machine(asked.host, machine_name)) return std::nullopt;
    return failed(403, "forbidden",
                  fmt::format("this Host is not the daemon's; ask under localhost:{0}, 127.0.0.1:{0} or [::1]:{0}",
                              asked.own_port));
}

std::optional<answer> refuse_page(const request& asked, std::span<const std::string> cors_origins) {
    if (!asked.origin.empty()) {
        // Over the unix socket any Host is let in, so it says nothing about whose page that is.
        const std::string_view own_host = asked.over_unix_socket ? std::string_view() : asked.host;
        if (is_allowed_origin(asked.origin, own_host, cors_origins)) return std::nullopt;
        return failed(
            403, "forbidden",
            "web pages of this origin may not ask; allow it with cors_origins below [rest_api] in operator.toml");
    }
    if (!is_foreign_fetch(asked.fetch_site)) return std::nullopt;
    return failed(403, "forbidden",
                  "a web page of another origin had the browser ask, and did not say which; type the address instead");
}

}  // namespace

std::optional<answer> refuse_strangers(const request& asked, std::span<const std::string> own_hosts,
                                       std::span<const std::string> cors_origins, std::string_view machine_name) {
    if (auto refused = refuse_host(asked, own_hosts, machine_name)) return refused;
    return refuse_page(asked, cors_origins);
}

bool is_preflight(const request& asked) {
    return asked.method == "OPTIONS" && !asked.origin.empty() && !asked.preflight_method.empty();
}

answer permit(const request& asked, std::string methods) {
    return {.status = 204,
            .body = make_document(std::string()),
            .permits = page_permission{.methods = std::move(methods), .private_network = asked.preflight_network == "true"}};
}

}  // namespace opd
