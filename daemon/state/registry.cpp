#include "daemon/state/registry.hpp"

#include <algorithm>
#include <utility>

namespace opd::state {
namespace {

server_entry_ptr make_entry(const model_server& server, bool listed) {
    auto entry = std::make_shared<server_entry>();
    entry->state.server = server;
    entry->state.root = *resolve_base_url(*server.kind, server.probe_base_url());
    entry->state.listed = listed;
    entry->state.error = "not probed yet";
    return entry;
}

/// What is known of the one holds for the other.
bool is_probed_alike(const model_server& a, const model_server& b) {
    return a.name == b.name && a.kind == b.kind && a.base_url == b.base_url && a.api_key_env == b.api_key_env &&
           a.ca_file == b.ca_file && a.allow_plaintext_key == b.allow_plaintext_key && a.probe == b.probe;
}

}  // namespace

registry::registry(std::span<const model_server> servers) { replace(servers); }

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
        if (kept && !equal) {
            before->state.server = server;
            before->changed.notify_all();
            tell({.what = registry_event::type::described, .server = before.get()});
        }
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
    for (const server_entry_ptr& entry : before.entries) entry->removed = true;
    std::vector<const server_entry*> added;
    for (const server_entry_ptr& entry : now_.entries) {
        const bool known = std::exchange(entry->removed, false);
        if (!known) added.push_back(entry.get());
    }
    reachable_ = static_cast<std::size_t>(std::ranges::count_if(
        now_.entries, [](const server_entry_ptr& entry) { return entry->state.listed && entry->state.reachable(); }));
    for (const server_entry_ptr& entry : before.entries) {
        if (!entry->removed) continue;
        entry->changed.notify_all();
        tell({.what = registry_event::type::removed, .server = entry.get()});
    }
    for (const server_entry* entry : added) tell({.what = registry_event::type::added, .server = entry});
    tell({.what = registry_event::type::replaced});
    tell({.what = registry_event::type::counted});
}

void registry::subscribe(std::function<void(const registry_event&)> subscriber) {
    subscribers_.push_back(std::move(subscriber));
}

void registry::tell(registry_event happened) const {
    for (const auto& subscriber : subscribers_) subscriber(happened);
}

server_entry_ptr registry::find(std::string_view name) const {
    const auto found = now_.by_name.find(name);
    return found == now_.by_name.end() ? nullptr : found->second;
}

server_entry_ptr registry::find_by_kind(const kind& wanted) const {
    const auto found = now_.by_kind.find(&wanted);
    return found == now_.by_kind.end() ? nullptr : found->second;
}

void registry::update(server_entry& entry, server_state state) {
    if (entry.removed) return;
    const std::size_t before = reachable_;
    if (state.listed) reachable_ = reachable_ - (entry.state.reachable() ? 1 : 0) + (state.reachable() ? 1 : 0);
    entry.state = std::move(state);
    tell({.what = registry_event::type::updated, .server = &entry});
    if (reachable_ != before) tell({.what = registry_event::type::counted});
    entry.changed.notify_all();
}

}  // namespace opd::state
