
#include "config/base/ascii.hpp"
#include "daemon/api/answers.hpp"
#include "daemon/http/guard.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace opd::api {
namespace {

std::optional<wire::answer> refuse_host(const wire::request& asked, std::span<const std::string> own_hosts,
                                        std::string_view machine_name) {
    // Whoever can open the socket is no web page, whatever name it asks under.
    if (asked.over_unix_socket) return std::nullopt;
    if (asked.host.empty()) return failed(400, "bad_request", "the request has no Host header");
    if (http::is_own_host(asked.host, {.address = asked.own_address, .port = asked.own_port, .names = own_hosts}))
        return std::nullopt;
    if (asked.needs_token && http::may_be_this_machine(asked.host, machine_name)) return std::nullopt;
    return failed(403, "forbidden",
                  fmt::format("this Host is not the daemon's; ask under localhost:{0}, 127.0.0.1:{0} or [::1]:{0}",
                              asked.own_port));
}

std::optional<wire::answer> refuse_page(const wire::request& asked, std::span<const std::string> cors_origins) {
    if (!asked.origin.empty()) {
        // Over the unix socket any Host is let in, so it says nothing about whose page that is.
        const std::string_view own_host = asked.over_unix_socket ? std::string_view() : asked.host;
        if (http::is_allowed_origin(asked.origin, own_host, cors_origins)) return std::nullopt;
        return failed(
            403, "forbidden",
            "web pages of this origin may not ask; allow it with cors_origins below [rest_api] in operator.toml");
    }
    if (!http::is_foreign_fetch(asked.fetch_site)) return std::nullopt;
    return failed(403, "forbidden",
                  "a web page of another origin had the browser ask, and did not say which; type the address instead");
}

}  // namespace

bool carries_token(std::string_view authorization, const secret& token) {
    constexpr std::string_view scheme = "Bearer ";
    if (!same_in_any_case(authorization.substr(0, scheme.size()), scheme)) return false;
    authorization.remove_prefix(scheme.size());
    authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
    const std::string_view wanted = token.reveal();
    return !wanted.empty() && authorization.size() == wanted.size() &&
           CRYPTO_memcmp(authorization.data(), wanted.data(), wanted.size()) == 0;
}

std::optional<wire::answer> refuse_without_token(const wire::request& asked, const secret* token) {
    if (!asked.needs_token || is_preflight(asked)) return std::nullopt;
    if (token == nullptr) return failed(403, "forbidden", "this operatord serves its own machine alone");
    if (carries_token(asked.authorization, *token)) return std::nullopt;
    const bool none = asked.authorization.empty();
    wire::answer refused =
        failed(401, "unauthorized",
               none ? "from other machines, the token of operatord is needed: send it as Authorization: Bearer TOKEN, "
                      "or name its file with operatorctl --token-file FILE; the log of operatord says where it is"
                    : "this is not the token of this operatord; its log says where that is");
    refused.authenticate = none ? R"(Bearer realm="operatord")" : R"(Bearer realm="operatord", error="invalid_token")";
    refused.close = true;
    return refused;
}

std::optional<wire::answer> refuse_unless_local(const wire::request& asked) {
    if (asked.over_unix_socket) return std::nullopt;
    return failed(403, "forbidden", "keys are only spoken of over the unix socket; use: operatorctl keys");
}

std::optional<wire::answer> refuse_strangers(const wire::request& asked, std::span<const std::string> own_hosts,
                                             std::span<const std::string> cors_origins, std::string_view machine_name) {
    if (auto refused = refuse_host(asked, own_hosts, machine_name)) return refused;
    return refuse_page(asked, cors_origins);
}

bool is_preflight(const wire::request& asked) {
    return asked.method == "OPTIONS" && !asked.origin.empty() && !asked.preflight_method.empty();
}

wire::answer permit(const wire::request& asked, std::string methods) {
    return {.status = 204,
            .body = wire::make_document(std::string()),
            .permits = wire::page_permission{.methods = std::move(methods),
                                             .private_network = asked.preflight_network == "true"}};
}

}  // namespace opd::api
