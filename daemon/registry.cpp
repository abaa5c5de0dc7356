#include "daemon/registry.hpp"

#include "daemon/api/encode.hpp"

#include <algorithm>
#include <utility>

namespace opd {
namespace {

void encode_for_kind(server_entry& entry) {
    const server_state& state = entry.state;
    const auto slug = state.server.kind->slug;
    if (!entry.stands_for_kind)
        entry.models_of_kind = nullptr;
    else
        entry.models_of_kind = slug == state.server.name ? entry.models : encode_models_answer(slug, state);
}

void encode(server_entry& entry) {
    entry.encoded = encode_server(entry.state, false);
    entry.models = encode_models_answer(entry.state.server.name, entry.state);
    encode_for_kind(entry);
}

server_entry_ptr make_entry(const model_server& server, bool listed) {
    auto entry = std::make_shared<server_entry>();
    entry->state.server = server;
    entry->state.root = *resolve_base_url(*server.kind, server.probe_base_url());
    entry->state.listed = listed;
    entry->state.error = "not probed yet";
    encode(*entry);
    return entry;
}

/// What is known of the one holds for the other.
bool is_probed_alike(const model_server& a, const model_server& b) {
    return a.name == b.name && a.kind == b.kind && a.base_url == b.base_url && a.api_key_env == b.api_key_env &&
           a.ca_file == b.ca_file && a.allow_plaintext_key == b.allow_plaintext_key && a.probe == b.probe;
}

/// Takes over what does not matter to probes. The models' documents do not contain any of it.
void describe(server_entry& entry, const model_server& server) {
    entry.state.server = server;
    entry.encoded = encode_server(entry.state, false);
    entry.changed.notify_all();
}

}  // namespace

registry::registry(std::span<const model_server> servers) {
    replace(servers);
}

void registry::contents::add(server_entry_ptr entry) {
    const model_server& server = entry->state.server;
    if (entry->state.listed) by_name.emplace(server.name, entry);
    by_kind.try_emplace(server.kind, entry);
    entries.push_back(std::move(entry));
}

registry_change registry::replace(std::span<const model_server> servers) {
    registry_change change;
    contents next;
    next.entries.reserve(servers.size() + kinds().size());
    next.by_name.reserve(servers.size());
    for (const model_server& server : servers) {
        const server_entry_ptr before = find(server.name);
        const bool equal = before && before->state.server == server;
        const bool kept = equal || (before && is_probed_alike(before->state.server, server));
        change.added += before ? 0U : 1U;
        change.changed += before && !equal ? 1U : 0U;
        if (kept && !equal) describe(*before, server);
        next.add(kept ? before : make_entry(server, true));
    }
    change.removed = listed() - (servers.size() - change.added);
    for (const kind& one : kinds()) {
        if (!one.connectable() || next.by_kind.contains(&one)) continue;
        const server_entry_ptr before = find_by_kind(one);
        const bool kept = before && !before->state.listed;
        next.add(kept ? before : make_entry(undeclared_server(one), false));
    }
    if (change != registry_change{} || next.entries != now_.entries) take_over(std::move(next));
    return change;
}

void registry::take_over(contents next) {
    const contents before = std::exchange(now_, std::move(next));
    for (const server_entry_ptr& entry : before.entries)
        entry->removed = true;
    for (const server_entry_ptr& entry : now_.entries)
        entry->removed = false;
    for (const server_entry_ptr& entry : before.entries) {
        if (entry->removed) entry->changed.notify_all();
    }
    for (const server_entry_ptr& entry : now_.entries) {
        const bool stands = find_by_kind(*entry->state.server.kind) == entry;
        if (stands == entry->stands_for_kind) continue;
        entry->stands_for_kind = stands;
        encode_for_kind(*entry);
    }
    reachable_ = static_cast<std::size_t>(std::ranges::count_if(
        now_.entries, [](const server_entry_ptr& entry) { return entry->state.listed && entry->state.reachable(); }));
    list_.reset();
    revealed_list_.reset();
    count_changed_();
}

server_entry_ptr registry::find(std::string_view name) const {
    const auto found = now_.by_name.find(name);
    return found == now_.by_name.end() ? nullptr : found->second;
}

server_entry_ptr registry::find_by_kind(const kind& wanted) const {
    const auto found = now_.by_kind.find(&wanted);
    return found == now_.by_kind.end() ? nullptr : found->second;
}

document_ptr registry::list(bool reveal_env) {
    document_ptr& made = reveal_env ? revealed_list_ : list_;
    if (made) return made;
    std::vector<std::string> revealed;
    revealed.reserve(now_.by_name.size());
    std::vector<std::string_view> servers;
    servers.reserve(now_.by_name.size());
    for (const server_entry_ptr& entry : now_.entries) {
        if (!entry->state.listed) continue;
        const bool differs = reveal_env && !entry->state.server.extra_env.empty();
        servers.emplace_back(differs ? revealed.emplace_back(encode_server(entry->state, true)) : entry->encoded);
    }
    made = make_document(encode_server_list(servers));
    return made;
}

void registry::update(server_entry& entry, server_state state) {
    if (entry.removed) return;
    const std::size_t before = reachable_;
    if (state.listed) reachable_ = reachable_ - (entry.state.reachable() ? 1 : 0) + (state.reachable() ? 1 : 0);
    entry.state = std::move(state);
    encode(entry);
    list_.reset();
    revealed_list_.reset();
    if (reachable_ != before) count_changed_();
    entry.changed.notify_all();
}

}  // namespace opd
