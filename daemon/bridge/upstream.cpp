#include "daemon/bridge/upstream.hpp"

#include "config/base/ascii.hpp"
#include "daemon/bridge/wire/json_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace opd::bridge {
namespace {

/// Ollama lists `qwen3:latest` for what everybody calls `qwen3`.
const model* find_model(const state::server_state& state, std::string_view name) {
    const bool tags = state.server.kind->dialect == listing_dialect::ollama && name.find(':') == name.npos;
    const std::string with_tag = tags ? fmt::format("{}:latest", name) : std::string(name);
    const auto& models = *state.last_good;
    const auto found =
        std::ranges::find_if(models, [&](const model& one) { return one.id == name || one.id == with_tag; });
    return found == models.end() ? nullptr : &*found;
}

chat_server::flavour flavour_of(const kind& of, const api_root& root) {
    using enum chat_server::flavour;
    if (of.slug == "ollama") return ollama;
    if (of.slug == "openrouter" || root.host == "openrouter.ai") return openrouter;
    if (of.slug == "lmstudio") return lmstudio;
    if (root.host == "api.openai.com") return openai;
    if (root.host == "api.mistral.ai") return mistral;
    if (root.host == "api.deepseek.com") return deepseek;
    return plain;
}

std::string_view verb_of(const bridge_route& route) {
    if (route.what == operation::count) return "countTokens";
    return route.stream ? "streamGenerateContent" : "generateContent";
}

/// As gemini writes it: slashes and colons stay.
std::string path_of_model(std::string_view model) {
    std::string out;
    for (const char c : model)
        if (c == '/' || c == ':')
            out += c;
        else
            percent_encode(std::string_view(&c, 1), out);
    return out;
}

}  // namespace

bool speaks_the_same(const kind& of, surface from, operation what) {
    switch (from) {
        case surface::anthropic: return of.protocol == wire_protocol::anthropic;
        case surface::gemini: return of.protocol == wire_protocol::google;
        case surface::openai: return what == operation::chat ? speaks_chat(of) : of.slug == "openai-api";
    }
    return false;
}

bool speaks_chat(const kind& of) { return of.protocol == wire_protocol::openai; }

std::string chat_target(const kind& of, const api_root& root) {
    std::string version = root.version;
    if (version.empty() && of.dialect == listing_dialect::openrouter && !root.prefix.ends_with("/api"))
        version = "/api";
    if (root.version.empty() && !root.unversioned) version += "/v1";
    return root.prefix + version + "/chat/completions";
}

std::string same_target(surface from, const api_root& root, std::string_view tail) {
    std::string base = root.prefix;
    if (from == surface::openai) base += root.version.empty() && !root.unversioned ? "/v1" : root.version;
    return base.append(tail);
}

std::string percent_decoded(std::string_view text) {
    std::string out;
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

std::string target_to_pass_on(const bridge_route& route, const state::server_state& state, std::string_view asked,
                              const std::string& model) {
    std::string_view path = next_part(asked, '?');
    const std::string base = fmt::format("/{}{}", to_string(route.from), route.from == surface::openai ? "/v1" : "");
    const std::size_t name = std::min(path.find('/', 1), path.size());
    const std::size_t at = path.find(base, std::min(name + 1, path.size()));
    path.remove_prefix(at == path.npos ? path.size() : at + base.size());
    std::string out;
    if (route.what == operation::chat)
        out = chat_target(*state.server.kind, state.api());
    else if (route.from == surface::gemini && model != route.model)
        out = same_target(route.from, state.api(),
                          fmt::format("/{}/models/{}:{}", route.version, path_of_model(model), verb_of(route)));
    else
        out = same_target(route.from, state.api(), path);
    for (char before = '?'; !asked.empty();) {
        const std::string_view parameter = next_part(asked, '&');
        if (percent_decoded(parameter.substr(0, parameter.find('='))) == "key") continue;
        out += std::exchange(before, '&');
        out += parameter;
    }
    return out;
}

std::optional<body_summary> look_into(std::string body) {
    const auto read = json_view::of(body);
    if (!read || !(*read)["model"].is_text()) return std::nullopt;
    const json_view named = (*read)["model"];
    return body_summary{.model = named.text(),
                        .at = static_cast<std::size_t>(named.quoted().data() - body.data()),
                        .size = named.quoted().size(),
                        .stream = (*read)["stream"].is_true()};
}

credential credential_of(const kind& of) {
    switch (of.auth) {
        case listing_auth::x_api_key: return credential::x_api_key;
        case listing_auth::x_goog_api_key: return credential::x_goog_api_key;
        case listing_auth::bearer:
        case listing_auth::bearer_optional: break;
    }
    return credential::bearer;
}

chat_server chat_server_of(const state::server_state& state, std::string_view model, std::string_view maker) {
    chat_server out{.what = flavour_of(*state.server.kind, state.root), .model = model, .maker = maker};
    if (const opd::model* const listed = find_model(state, model)) {
        out.context = listed->context_length;
        out.output_limit = listed->max_output_tokens;
        out.thinks = listed->thinks;
    }
    return out;
}

std::string model_to_ask(const state::server_state& state, const std::string& named, const std::string& launched) {
    if (launched.empty() || find_model(state, named) != nullptr) return named;
    return launched;
}

}  // namespace opd::bridge
