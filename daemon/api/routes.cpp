#include "config/base/utf8.hpp"
#include "daemon/api/answers.hpp"
#include "daemon/http/guard.hpp"
#include "daemon/http/rate_limited_log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <optional>

namespace asio = boost::asio;

namespace opd::api {
namespace {

/// A pattern's segments; `{}` stands for any one, not empty.
struct api_route {
    std::array<std::string_view, 4> pattern;  ///< below /api/v1, filled up with empty ones
    std::string_view method;
    wire::reply (*respond)(api_services, const call&);
};

/// A function of the API, whether it answers at once or later.
template <auto function>
wire::reply by(api_services services, const call& called) {
    return function(services, called);
}

// The first match counts: `from-tool` comes before any name.
constexpr std::array routes{
    api_route{{"health"}, "GET", by<get_health>},
    api_route{{"model-servers"}, "GET", by<list_model_servers>},
    api_route{{"model-servers"}, "POST", by<create_model_server>},
    api_route{{"model-servers", "kinds"}, "GET", by<list_kinds>},
    api_route{{"model-servers", "kinds", "{}", "models"}, "GET", by<get_models_of_kind>},
    api_route{{"model-servers", "{}"}, "GET", by<get_model_server>},
    api_route{{"model-servers", "{}"}, "PUT", by<replace_model_server>},
    api_route{{"model-servers", "{}"}, "DELETE", by<remove_model_server>},
    api_route{{"model-servers", "{}", "models"}, "GET", by<get_models_of_server>},
    api_route{{"delegators"}, "GET", by<list_delegators>},
    api_route{{"delegators"}, "POST", by<create_delegator>},
    api_route{{"delegators", "from-tool"}, "POST", by<create_delegator_from_tool>},
    api_route{{"delegators", "{}"}, "GET", by<get_delegator>},
    api_route{{"delegators", "{}"}, "PUT", by<replace_delegator>},
    api_route{{"delegators", "{}"}, "DELETE", by<remove_delegator>},
    api_route{{"llm-tools"}, "GET", by<list_llm_tools>},
    api_route{{"llm-tools", "default"}, "GET", by<get_default_tool>},
    api_route{{"llm-tools", "default"}, "PUT", by<replace_default_tool>},
    api_route{{"launch", "resolve"}, "POST", by<resolve_launch>},
    api_route{{"keys"}, "GET", by<list_keys>},
    api_route{{"keys", "{}"}, "GET", by<get_key>},
    api_route{{"keys", "{}"}, "PUT", by<push_key>},
    api_route{{"keys", "{}"}, "DELETE", by<forget_key>},
};

constexpr std::size_t version_segments = 2;  // api, v1

/// Nothing that is configured can have this name, for the sake of the route; a key can.
constexpr std::string_view nobodys_name = "kinds";

/// Whether a path below /api/v1 fits the pattern.
bool fits(const api_route& route, std::span<const std::string> path) {
    if (path.size() > route.pattern.size()) return false;
    for (std::size_t i = 0; i != route.pattern.size(); ++i) {
        const std::string_view wanted = route.pattern[i];
        const std::string_view found = i < path.size() ? std::string_view(path[i]) : std::string_view{};
        const bool is_name = wanted == "{}" && !found.empty() && (found != nobodys_name || route.pattern[0] == "keys");
        if (!is_name && (wanted != found || (i < path.size() && found.empty()))) return false;
    }
    return true;
}

wire::answer no_such_path() {
    return failed(404, "not_found",
                  "there is nothing at this path; the API starts at /api/v1/health and /api/v1/model-servers");
}

wire::answer wrong_type(std::string_view content_type) {
    const std::string sent = content_type.empty() ? std::string() : ", not " + in_quotes(content_type);
    return failed(415, "unsupported_media_type",
                  fmt::format("the body must be JSON in UTF-8, with Content-Type: application/json{}", sent));
}

wire::answer wrong_method(std::string_view method, std::string allow) {
    wire::answer refused =
        failed(405, "method_not_allowed", fmt::format("{} is not possible here; use {}", method, allow));
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
    const api_route* route = nullptr;

    /// What stands for `{}`.
    std::span<const std::string> parameters() const {
        const auto at = static_cast<std::size_t>(std::ranges::find(route->pattern, "{}") - route->pattern.begin());
        return std::span(target.path).subspan(std::min(version_segments + at, target.path.size()));
    }
};

class api final : public wire::request_handler {
public:
    explicit api(api_services services) : services_(services) {}

    std::variant<wire::answer, wire::accepted_request> accept(const wire::request& head) override {
        try {
            if (auto refused = refuse_by_head(head)) return *std::move(refused);
            auto target = parse_target(head.target);
            if (!target)
                return finish(head, failed(400, "bad_request", target.error().message + ": " + target.error().hint));
            if (!target->path.empty() && target->path.front() == "bridge")
                return services_.bridge.accept(head, std::span(target->path).subspan(1));
            understood what{.target = std::move(*target)};
            if (auto refused = find_route(head, what)) return finish(head, *std::move(refused));
            return wire::accepted_request{
                .respond = [this, what = std::move(what)](const wire::request& asked) { return respond(asked, what); }};
        } catch (const std::exception& error) {
            return bug(head, error);
        }
    }

private:
    wire::reply respond(const wire::request& asked, const understood& what) {
        try {
            if (auto refused = refuse_body(asked)) return finish(asked, *std::move(refused));
            wire::reply given = what.route->respond(
                services_, {.asked = asked, .target = what.target, .parameters = what.parameters()});
            auto* const now = std::get_if<wire::answer>(&given);
            if (now == nullptr) return respond_later(asked, std::get<asio::awaitable<wire::answer>>(std::move(given)));
            return finish(asked, std::move(*now));
        } catch (const std::exception& error) {
            return bug(asked, error);
        }
    }

    asio::awaitable<wire::answer> respond_later(const wire::request& asked, asio::awaitable<wire::answer> later) {
        try {
            wire::answer given = co_await std::move(later);
            co_return finish(asked, std::move(given));
        } catch (const std::exception& error) {
            co_return bug(asked, error);
        }
    }

    std::optional<wire::answer> refuse_by_head(const wire::request& asked) {
        const daemon_info& own = services_.info;
        auto refused = refuse_without_token(asked, own.token ? &*own.token : nullptr);
        if (refused)
            refused = finish(asked, *std::move(refused));
        else
            refused = refuse_strangers(asked, own.own_hosts, cors_origins(), own.machine_name);
        if (!refused || !asked.needs_token) return refused;
        refused->close = true;  // what else it sends is not read
        if (const auto before = refusals_.happened(std::chrono::steady_clock::now()))
            services_.log.warn("refused a request from another machine with {}{}", refused->status, *before);
        return refused;
    }

    const std::vector<std::string>& cors_origins() const {
        return services_.configuration.current().loaded.values.rest_api.cors_origins;
    }

    wire::answer bug(const wire::request& asked, const std::exception& error) const {
        services_.log.error("{} {} ended in an exception, please report it: {}", asked.method, asked.target,
                            error.what());
        return failed(500, "internal_error", "operatord failed to answer this request; its log has the details");
    }

    /// A page that may ask is told that it may read the answer; who has the body is not sent it again.
    wire::answer finish(const wire::request& asked, wire::answer given) const {
        const auto& pages = cors_origins();
        if (std::ranges::find(pages, asked.origin) != pages.end()) given.page_origin = asked.origin;
        const bool known = given.status == 200 && given.tagged && names_tag(asked.if_none_match, given.body->etag);
        if (known) given.status = 304;
        return given;
    }

    /// An answer: the request is refused, or it is one about requests.
    static std::optional<wire::answer> find_route(const wire::request& asked, understood& what) {
        const std::span<const std::string> path(what.target.path);
        if (path.size() <= version_segments || path[0] != "api" || path[1] != "v1") return no_such_path();
        const std::string_view method = asked.method == "HEAD" ? "GET" : asked.method;
        std::string allow;
        for (const api_route& route : routes) {
            if (!fits(route, path.subspan(version_segments))) continue;
            if (route.method == method) {
                what.route = &route;
                return std::nullopt;
            }
            allow += fmt::format("{}{}", allow.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method);
        }
        if (allow.empty()) return no_such_path();
        return is_preflight(asked) ? permit(asked, std::move(allow)) : wrong_method(asked.method, std::move(allow));
    }

    static std::optional<wire::answer> refuse_body(const wire::request& asked) {
        const bool must_have_one = asked.method == "POST" || asked.method == "PUT";
        const bool counts = must_have_one || (asked.method == "DELETE" && !asked.body.empty());
        if (counts && !http::is_json_type(asked.content_type)) return wrong_type(asked.content_type);
        return std::nullopt;
    }

    api_services services_;
    http::rate_limited_log refusals_;  ///< of other machines
};

}  // namespace

std::unique_ptr<wire::request_handler> make_api(api_services services) { return std::make_unique<api>(services); }

}  // namespace opd::api
