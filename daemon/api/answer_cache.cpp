#include "daemon/api/answers.hpp"
#include "daemon/api/api.hpp"

#include <utility>
#include <vector>

namespace opd::api {

answer_cache::answer_cache(state::registry& servers) : registry_(servers) {
    registry_.subscribe([this](const state::registry_event& happened) { drop(happened); });
}

void answer_cache::drop(const state::registry_event& happened) {
    using type = state::registry_event::type;
    if (happened.what == type::counted) return;
    list_.reset();
    revealed_list_.reset();
    const auto found = made_.find(happened.server);
    if (found == made_.end()) return;
    if (happened.what == type::removed) {
        made_.erase(found);
        return;
    }
    answers& known = found->second;
    known.server.clear();
    if (happened.what == type::described) return;  // documents of models hold nothing of a declaration but the name
    known.models.reset();
    known.models_of_kind.reset();
    if (known.listed != happened.server->state.last_good) known.list.reset();
}

wire::document_ptr answer_cache::list(bool reveal_env) {
    wire::document_ptr& made = reveal_env ? revealed_list_ : list_;
    if (made) return made;
    std::vector<std::string> revealed;
    revealed.reserve(registry_.listed());
    std::vector<std::string_view> servers;
    servers.reserve(registry_.listed());
    for (const state::server_entry_ptr& entry : registry_.entries()) {
        if (!entry->state.listed) continue;
        const bool differs = reveal_env && !entry->state.server.extra_env.empty();
        servers.emplace_back(differs ? revealed.emplace_back(encode_server(entry->state, true)) : server(*entry));
    }
    made = wire::make_document(encode_server_list(servers));
    return made;
}

const std::string& answer_cache::server(const state::server_entry& entry) {
    std::string& made = made_[&entry].server;
    if (made.empty()) made = encode_server(entry.state, false);
    return made;
}

wire::document_ptr answer_cache::models(const state::server_entry& entry) {
    answers& known = made_[&entry];
    if (!known.models) known.models = make_models(entry.state.server.name, entry.state, known);
    return known.models;
}

wire::document_ptr answer_cache::models_of_kind(const state::server_entry& entry) {
    const auto slug = entry.state.server.kind->slug;
    if (slug == entry.state.server.name) return models(entry);
    answers& known = made_[&entry];
    if (!known.models_of_kind) known.models_of_kind = make_models(slug, entry.state, known);
    return known.models_of_kind;
}

wire::document_ptr answer_cache::make_models(std::string_view name, const state::server_state& state, answers& known) {
    if (!known.list) {
        known.list = encode_models(*state.last_good);
        known.listed = state.last_good;
    }
    return encode_models_answer(name, state, known.list);
}

}  // namespace opd::api
