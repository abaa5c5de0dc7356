#include "daemon/bridge/upstream.hpp"

#include <fmt/format.h>

#include <algorithm>

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
    if (root.version.empty()) version += "/v1";
    return root.prefix + version + "/chat/completions";
}

std::string same_target(surface from, const api_root& root, std::string_view tail) {
    std::string base = root.prefix;
    if (from == surface::openai) base += root.version.empty() ? "/v1" : root.version;
    return base.append(tail);
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
    }
    return out;
}

std::string model_to_ask(const state::server_state& state, const std::string& named, const std::string& launched) {
    if (launched.empty() || find_model(state, named) != nullptr) return named;
    return launched;
}

}  // namespace opd::bridge
