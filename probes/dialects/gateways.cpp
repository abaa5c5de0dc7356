// The lists of servers that front many models.
#include "probes/dialects/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace opd {
namespace {

/// Servers since 0.30 tell what a model can do; older ones only what it was made from.
bool completes(const listed_model& one) { return one.completes.value_or(!one.embedding_family); }

std::vector<route> ollama_routes(const api_root& root) {
    return {{.target = root.prefix + "/api/tags", .auth = credential::bearer, .rules = {.is_text = completes}}};
}

/// What runs, and with which window: it may be far smaller than the one the model was made for.
void apply_running(const http_reply&, const listing& running, report& listed) {
    if (running.what != page::shape::listing) return;
    std::unordered_map<std::string_view, const model*> by_id;
    for (const listed_model& one : running.models) by_id.emplace(one.what.id, &one.what);
    for (model& one : listed.models) {
        const auto found = by_id.find(one.id);
        one.loaded = found != by_id.end();
        if (!*one.loaded || !found->second->context_length) continue;
        one.context_length = found->second->context_length;
        if (one.max_output_tokens) one.max_output_tokens = std::min(*one.max_output_tokens, *one.context_length);
    }
}

std::vector<follow_up> ollama_follow_ups(const api_root& root, bool) {
    return {{.target = root.prefix + "/api/ps", .auth = credential::bearer, .apply = apply_running}};
}

/// Where the API may begin, best first.
std::vector<std::string> bases(const api_root& root) {
    if (!root.version.empty()) return {root.prefix + root.version};
    if (root.prefix.ends_with("/api")) return {root.prefix + "/v1"};
    return {root.prefix + "/api/v1", root.prefix + "/v1"};
}

std::vector<route> openrouter_routes(const api_root& root) {
    std::vector<route> all;
    for (const std::string& base : bases(root)) all.push_back({.target = base + "/models", .auth = credential::bearer});
    return all;
}

void apply_key(const http_reply& reply, const listing&, report& listed) {
    if (reply.status != 401 && reply.status != 403) return;
    listed.status = probe_status::auth_failed;
    listed.models.clear();
    listed.error = fmt::format("the list is open, but the server does not accept the key ({})", reply.status);
    listed.hint = "check the variable that holds the key";
}

std::vector<follow_up> openrouter_follow_ups(const api_root& root, bool has_key) {
    if (!has_key) return {};
    return {{.target = bases(root).front() + "/key", .auth = credential::bearer, .apply = apply_key}};
}

std::vector<route> lmstudio_routes(const api_root& root) {
    std::vector<route> all;
    for (const std::string_view place : {"/api/v1/models", "/api/v0/models", "/v1/models"})
        all.push_back({.target = root.prefix + std::string(place), .auth = credential::bearer});
    return all;
}

}  // namespace

constinit const dialect ollama_dialect{.routes = ollama_routes, .follow_ups = ollama_follow_ups};

constinit const dialect openrouter_dialect{.routes = openrouter_routes, .follow_ups = openrouter_follow_ups};

constinit const dialect lmstudio_dialect{.routes = lmstudio_routes};

}  // namespace opd
