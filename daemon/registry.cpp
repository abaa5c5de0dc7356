#include "daemon/registry.hpp"

#include "daemon/api/encode.hpp"

#include <utility>

namespace opd {
namespace {

void encode(server_entry& entry) {
    const server_state& state = entry.state;
    entry.encoded = encode_server(state, false);
    entry.models = encode_models_answer(state.server.name, state);
    if (entry.stands_for_kind) {
        const auto slug = state.server.kind->slug;
        entry.models_of_kind = slug == state.server.name ? entry.models : encode_models_answer(slug, state);
    }
}

}  // namespace

registry::registry(std::span<const model_server> servers) {
    for (const model_server& server : servers)
        add(server, true);
    for (const kind& one : kinds()) {
        if (one.connectable() && !by_kind_.contains(&one)) add(undeclared_server(one), false);
    }
}

void registry::add(const model_server& server, bool listed) {
    auto entry = std::make_shared<server_entry>();
    entry->state.server = server;
    entry->state.root = *resolve_base_url(*server.kind, server.probe_base_url());
    entry->state.listed = listed;
    entry->state.error = "not probed yet";
    entry->stands_for_kind = by_kind_.try_emplace(server.kind, entry).second;
    encode(*entry);
    if (listed) by_name_.emplace(server.name, entry);
    entries_.push_back(std::move(entry));
}

server_entry_ptr registry::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

server_entry_ptr registry::find_by_kind(const kind& wanted) const {
    const auto found = by_kind_.find(&wanted);
    return found == by_kind_.end() ? nullptr : found->second;
}

document_ptr registry::list(bool reveal_env) {
    document_ptr& made = reveal_env ? revealed_list_ : list_;
    if (made) return made;
    std::vector<std::string> revealed;
    revealed.reserve(by_name_.size());
    std::vector<std::string_view> servers;
    servers.reserve(by_name_.size());
    for (const server_entry_ptr& entry : entries_) {
        if (!entry->state.listed) continue;
        const bool differs = reveal_env && !entry->state.server.extra_env.empty();
        servers.emplace_back(differs ? revealed.emplace_back(encode_server(entry->state, true)) : entry->encoded);
    }
    made = make_document(encode_server_list(servers));
    return made;
}

void registry::update(server_entry& entry, server_state state) {
    if (state.listed) reachable_ = reachable_ - (entry.state.reachable() ? 1 : 0) + (state.reachable() ? 1 : 0);
    entry.state = std::move(state);
    encode(entry);
    list_.reset();
    revealed_list_.reset();
    entry.changed.notify_all();
}

}  // namespace opd
