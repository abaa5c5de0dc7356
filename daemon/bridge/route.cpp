#include "daemon/bridge/route.hpp"

#include "config/base/ascii.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace opd::bridge {
namespace {

struct row {
    surface from;
    std::string_view path;  ///< behind the name of the protocol
    std::string_view method;
    operation what;
};

constexpr std::array rows{row{surface::anthropic, "v1/messages", "POST", operation::turn},
                          row{surface::anthropic, "v1/messages/count_tokens", "POST", operation::count},
                          row{surface::anthropic, "v1/models", "GET", operation::models},
                          row{surface::anthropic, "api/hello", "GET", operation::hello},
                          row{surface::openai, "v1/responses", "POST", operation::turn},
                          row{surface::openai, "v1/chat/completions", "POST", operation::chat},
                          row{surface::openai, "v1/models", "GET", operation::models},
                          row{surface::gemini, "v1beta/models", "GET", operation::models},
                          row{surface::gemini, "v1/models", "GET", operation::models},
                          row{surface::gemini, "v1alpha/models", "GET", operation::models}};

/// Of Gemini's protocol: its CLI asks for the first one, newer SDKs for the second.
constexpr std::array<std::string_view, 3> gemini_versions{"v1beta", "v1", "v1alpha"};

constexpr std::array surfaces{surface::anthropic, surface::openai, surface::gemini};

/// No server reads it as a way to something else.
bool is_model_name(std::string_view path) {
    while (!path.empty()) {
        const std::string_view segment = next_part(path, '/');
        if (segment.empty() || segment == "." || segment == "..") return false;
    }
    return true;
}

/// `models/MODEL:verb`: the model may hold slashes and colons.
bool read_gemini(std::string_view path, bridge_route& into) {
    constexpr std::string_view start = "models/";
    into.version = next_part(path, '/');
    const std::size_t colon = path.rfind(':');
    if (std::ranges::find(gemini_versions, into.version) == gemini_versions.end() || !path.starts_with(start) ||
        colon == path.npos || colon <= start.size())
        return false;
    const std::string_view verb = path.substr(colon + 1);
    into.model = path.substr(start.size(), colon - start.size());
    into.stream = verb == "streamGenerateContent";
    into.what = verb == "countTokens" ? operation::count : operation::turn;
    return (into.stream || verb == "countTokens" || verb == "generateContent") && is_model_name(into.model);
}

}  // namespace

std::string_view to_string(surface from) {
    switch (from) {
        case surface::anthropic: return "anthropic";
        case surface::openai: return "openai";
        case surface::gemini: return "gemini";
    }
    return {};
}

result<bridge_route, no_route> find_route(std::string_view method, std::span<const std::string> path) {
    const auto from = path.size() < 2 ? surfaces.end() : std::ranges::find(surfaces, path[1], to_string);
    if (from == surfaces.end() || path[0].empty())
        return no_route{.message =
                            "the bridge is asked below /bridge/SERVER/anthropic, /bridge/SERVER/openai/v1 or "
                            "/bridge/SERVER/gemini"};
    bridge_route found{.server = path[0], .from = *from};
    const std::string rest = fmt::format("{}", fmt::join(path.subspan(2), "/"));
    std::string_view wanted;
    if (*from == surface::gemini && read_gemini(rest, found)) {
        wanted = "POST";
    } else {
        const auto known =
            std::ranges::find_if(rows, [&](const row& one) { return one.from == *from && one.path == rest; });
        if (known == rows.end())
            return no_route{.message = fmt::format("the bridge has nothing at {} for {}", rest, path[1]),
                            .from = *from};
        found.what = known->what;
        wanted = known->method;
    }
    if (method == wanted || (method == "HEAD" && wanted == "GET")) return found;
    return no_route{.status = 405,
                    .message = fmt::format("{} is not possible here; use {}", method, wanted),
                    .from = *from,
                    .allow = std::string(wanted)};
}

}  // namespace opd::bridge
