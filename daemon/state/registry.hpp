#pragma once

#include "config/model/model_server.hpp"
#include "daemon/loop/event.hpp"
#include "daemon/state/server_state.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace opd::state {

/// One server in the registry. Shared, so that a request or a probe that holds it outlives its removal.
struct server_entry {
    server_state state;
    bool removed = false;  ///< no longer in the registry: nothing will change in it any more
    loop::event changed;   ///< after every new state, and when it is removed
};

using server_entry_ptr = std::shared_ptr<server_entry>;

/// What a new configuration changed, in numbers of listed servers.
struct registry_change {
    std::size_t added = 0;
    std::size_t removed = 0;
    std::size_t changed = 0;  ///< replaced, or only described anew

    bool operator==(const registry_change&) const = default;
};

/// What subscribers of the registry hear of, in the same turn of the loop, after it.
struct registry_event {
    enum class type : std::uint8_t {
        added,
        updated,    ///< it has another state
        described,  ///< declared anew in a way that no probe depends on
        removed,
        replaced,  ///< the set of servers, or its order; comes after the events of each server
        counted,   ///< listed() or reachable() may be another number
    };
    type what;
    const server_entry* server = nullptr;  ///< null where it is not about one of them
};

/// What is known about every server. A change is told to the subscribers: documents, the service's state ...
class registry {
public:
    /// Declared servers and builtins, in the order in which they are listed. Kinds that nobody declared but that have a
    /// default base URL are added unlisted. Names are unique, and each base URL has passed validation.
    explicit registry(std::span<const model_server>);

    /// Takes over another set of servers. One that is probed as before (the same name, kind, URL, key, CA file and
    /// probe mode) keeps its entry, with all that is known of it; others begin anew in an entry of their own. Nothing
    /// is told where nothing has changed, not even the order.
    registry_change replace(std::span<const model_server>);

    /// A subscriber must not change the registry, and must live as long as somebody does.
    void subscribe(std::function<void(const registry_event&)> subscriber);

    /// A listed server, or null.
    server_entry_ptr find(std::string_view name) const;
    /// What stands for a kind: its first declared server, else its defaults; null where there is neither.
    server_entry_ptr find_by_kind(const kind&) const;

    /// The entry's state may have been moved away to make the new one. Does nothing to an entry that was removed.
    void update(server_entry&, server_state);

    /// Every server, unlisted ones too.
    std::span<const server_entry_ptr> entries() const { return now_.entries; }

    std::size_t listed() const { return now_.by_name.size(); }
    std::size_t reachable() const { return reachable_; }

private:
    struct name_hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    struct contents {
        std::vector<server_entry_ptr> entries;
        std::unordered_map<std::string, server_entry_ptr, name_hash, std::equal_to<>> by_name;  ///< the listed ones
        std::map<const kind*, server_entry_ptr> by_kind;  ///< what stands for each kind

        void add(server_entry_ptr);
    };

    void take_over(contents);
    void tell(registry_event) const;

    contents now_;
    std::size_t reachable_ = 0;
    std::vector<std::function<void(const registry_event&)>> subscribers_;
};

}  // namespace opd::state
