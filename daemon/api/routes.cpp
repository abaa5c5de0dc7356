#include "config/suggest.hpp"
#include "config/utf8.hpp"
#include "daemon/api/call.hpp"
#include "daemon/http/guard.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>

namespace asio = boost::asio;

namespace opd {
namespace {

/// A pattern's segments; `{}` stands for any one, not empty.
struct api_route {
    std::array<std::string_view, 4> pattern;  ///< below /api/v1, filled up with empty ones
    std::string_view method;
    answer (*function)(api_services, const call&);
    std::optional<wait_order> (*before)(api_services, const call&) = nullptr;
};

// The first match counts: `kinds` comes before any name.
constexpr std::array routes{
    api_route{{"health"}, "GET", get_health},
    api_route{{"model-servers"}, "GET", list_model_servers},
    api_route{{"model-servers", "kinds"}, "GET", list_kinds},
    api_route{{"model-servers", "kinds", "{}", "models"}, "GET", get_models_of_kind, before_models_of_kind},
    api_route{{"model-servers", "{}"}, "GET", get_model_server},
    api_route{{"model-servers", "{}", "models"}, "GET", get_models_of_server, before_models_of_server},
};

constexpr std::size_t version_segments = 2;  // api, v1

/// The parameters of a path that fits the pattern; nullopt where it does not.
std::optional<std::vector<std::string>> match(const api_route& route, std::span<const std::string> path) {
    std::vector<std::string> parameters;
    if (path.size() > route.pattern.size()) return std::nullopt;
    for (std::size_t i = 0; i != route.pattern.size(); ++i) {
        const std::string_view wanted = route.pattern[i];
        const std::string_view found = i < path.size() ? std::string_view(path[i]) : std::string_view{};
        if (wanted == "{}" && !found.empty()) {
            parameters.emplace_back(found);
        } else if (wanted != found || (i < path.size() && found.empty())) {
            return std::nullopt;
        }
    }
    return parameters;
}

answer no_such_path() {
    return failed(404, "not_found",
                  "there is nothing at this path; the API starts at /api/v1/health and /api/v1/model-servers");
}

answer wrong_method(std::string_view method, std::string allow) {
    answer refused = failed(405, "method_not_allowed", fmt::format("{} is not possible here; use {}", method, allow));
    refused.allow = std::move(allow);
    return refused;
}

/// If-None-Match names this tag (weak comparison, RFC 9110 13.1.2).
bool names_tag(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

/// A request that was understood: who answers it, with what.
struct understood {
    parsed_target target;
    std::vector<std::string> parameters;
    const api_route* route = nullptr;
};

class api final : public request_handler {
public:
    explicit api(api_services services) : services_(services) {}

    std::optional<answer> handle_now(const request& asked) override {
        try {
            understood what;
            if (auto refused = understand(asked, what)) return refused;
            const call called{.asked = asked, .target = what.target, .parameters = what.parameters};
            if (what.route->before != nullptr && what.route->before(services_, called)) return std::nullopt;
            return finish(asked, what.route->function(services_, called));
        } catch (const std::exception& error) {
            return bug(asked, error);
        }
    }

    asio::awaitable<answer> handle(const request& asked) override {
        try {
            understood what;
            if (auto refused = understand(asked, what)) co_return std::move(*refused);
            const call called{.asked = asked, .target = what.target, .parameters = what.parameters};
            const auto waits_for = what.route->before == nullptr ? std::nullopt : what.route->before(services_, called);
            if (waits_for && waits_for->refresh) co_await services_.probes.refresh(waits_for->server);
            if (waits_for && !waits_for->refresh) co_await services_.probes.wait_for_first_result(waits_for->server);
            co_return finish(asked, what.route->function(services_, called));
        } catch (const std::exception& error) {
            co_return bug(asked, error);
        }
    }

private:
    answer bug(const request& asked, const std::exception& error) const {
        services_.log.error("{} {} ended in an exception, please report it: {}", asked.method, asked.target,
                            error.what());
        return failed(500, "internal_error", "operatord failed to answer this request; its log has the details");
    }

    answer finish(const request& asked, answer given) const {
        const auto& pages = services_.info.cors_origins;
        if (std::ranges::find(pages, asked.origin) != pages.end()) given.page_origin = asked.origin;
        const bool known = given.status == 200 && given.tagged && names_tag(asked.if_none_match, given.body->etag);
        if (known) given.status = 304;
        return given;
    }

    /// An answer: the request is refused.
    std::optional<answer> understand(const request& asked, understood& what) const {
        auto target = parse_target(asked.target);
        if (!target) return failed(400, "bad_request", target.error().message + ": " + target.error().hint);
        what.target = std::move(*target);
        if (auto refused = refuse(asked, what.target)) return refused;
        const std::span<const std::string> path(what.target.path);
        if (path.size() <= version_segments || path[0] != "api" || path[1] != "v1") return no_such_path();
        const std::string_view method = asked.method == "HEAD" ? "GET" : asked.method;
        std::string allow;
        for (const api_route& route : routes) {
            auto parameters = match(route, path.subspan(version_segments));
            if (!parameters) continue;
            if (route.method == method) {
                what.parameters = std::move(*parameters);
                what.route = &route;
                return std::nullopt;
            }
            allow += fmt::format("{}{}", allow.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method);
            if (parameters->empty()) break;  // a fixed path is itself, not somebody's name
        }
        return allow.empty() ? no_such_path() : wrong_method(asked.method, std::move(allow));
    }

    /// Web pages of others are kept out: by the name they use for us, and by the origin that browsers send along.
    std::optional<answer> refuse(const request& asked, const parsed_target& target) const {
        if (asked.over_unix_socket) return std::nullopt;
        const std::string_view host = target.authority.empty() ? asked.host : target.authority;
        if (host.empty()) return failed(400, "bad_request", "the request has no Host header");
        if (!is_own_host(host, services_.info.own_hosts)) {
            return failed(403, "forbidden", "this Host is not the daemon's; ask under localhost, 127.0.0.1 or [::1]");
        }
        if (!is_allowed_origin(asked.origin, host, services_.info.cors_origins)) {
            return failed(
                403, "forbidden",
                "web pages of this origin may not ask; allow it with cors_origins below [rest_api] in operator.toml");
        }
        return std::nullopt;
    }

    api_services services_;
};

}  // namespace

answer ok(document_ptr body, bool with_etag) {
    return {.body = std::move(body), .tagged = with_etag};
}

answer failed(unsigned status, std::string_view code, std::string_view message, std::span<const field_error> details) {
    return {.status = status, .body = make_document(encode_error(code, message, details))};
}

answer not_found(std::string_view what, std::string_view name, std::span<const std::string_view> names,
                 std::string_view listed_at) {
    const auto meant = closest(name, names);
    const std::string next = meant ? did_you_mean(meant) : fmt::format("GET {} lists them", listed_at);
    return failed(404, "not_found", fmt::format("no {} is called {}; {}", what, in_quotes(name), next));
}

std::unique_ptr<request_handler> make_api(api_services services) {
    return std::make_unique<api>(services);
}

}  // namespace opd
