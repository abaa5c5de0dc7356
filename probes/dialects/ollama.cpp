#include "probes/dialects/ollama.hpp"

#include "probes/dialects/listing_json.hpp"

#include <algorithm>
#include <unordered_map>

namespace opd {
namespace {

/// Servers since 0.30 tell what a model can do; older ones only what it was made from.
bool completes(const listed_model& one) {
    return one.completes.value_or(!one.embedding_family);
}

page read(const http_reply& reply, std::string_view, const api_root&, std::size_t most_models) {
    return to_page(read_listing(reply, {.most_models = most_models}), completes);
}

std::vector<route> routes(const api_root& root) {
    return {{.target = root.prefix + "/api/tags", .auth = credential::bearer, .headers = {}, .read = read}};
}

/// What runs, and with which window: it may be far smaller than the one the model was made for.
void apply_running(const http_reply& reply, report& listed) {
    if (reply.status != 200) return;
    const listing running = read_listing(reply);
    if (running.what != page::shape::listing) return;
    std::unordered_map<std::string_view, const model*> by_id;
    for (const listed_model& one : running.models) {
        by_id.emplace(one.what.id, &one.what);
    }
    for (model& one : listed.models) {
        const auto found = by_id.find(one.id);
        one.loaded = found != by_id.end();
        if (!*one.loaded || !found->second->context_length) continue;
        one.context_length = found->second->context_length;
        if (one.max_output_tokens) one.max_output_tokens = std::min(*one.max_output_tokens, *one.context_length);
    }
}

std::vector<follow_up> follow_ups(const api_root& root, bool) {
    return {{.target = root.prefix + "/api/ps", .auth = credential::bearer, .apply = apply_running}};
}

constexpr dialect speaks{.routes = routes, .follow_ups = follow_ups};

}  // namespace

const dialect& ollama_dialect() {
    return speaks;
}

}  // namespace opd
