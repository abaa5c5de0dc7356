#pragma once

#include "config/model_server.hpp"
#include "daemon/document.hpp"
#include "daemon/event.hpp"
#include "daemon/server_state.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace opd {

/// One server in the registry. Shared, so that a request or a probe that holds it outlives its removal.
struct server_entry {
    server_state state;
    document_ptr models;          ///< the answer of .../{name}/models
    document_ptr models_of_kind;  ///< the same below /kinds/{slug}; null where another server stands for the kind
    std::string encoded;          ///< ModelServerResponse as TCP clients see it
    bool stands_for_kind = false;
    bool removed = false;  ///< no longer in the registry: nothing will change in it any more
    event changed;         ///< after every new state, and when it is removed
};

using server_entry_ptr = std::shared_ptr<server_entry>;

/// What a new configuration changed, in numbers of listed servers.
struct registry_change {
    std::size_t added = 0;
    std::size_t removed = 0;
    std::size_t changed = 0;  ///< replaced, or only described anew

    bool operator==(const registry_change&) const = default;
};

/// The cache: what is known about every server, as ready-made answers. Reading costs no serialisation and never waits.
class registry {
public:
    /// Declared servers and builtins, in the order in which they are listed. Kinds that nobody declared but that have a
    /// default base URL are added unlisted. Names are unique, and each base URL has passed validation.
    explicit registry(std::span<const model_server>);

    /// Takes over another set of servers. One that is probed as before (the same name, kind, URL, key, CA file and
    /// probe mode) keeps its entry, with all that is known of it; others begin anew in an entry of their own. Cached
    /// lists stay where nothing has changed, not even the order.
    registry_change replace(std::span<const model_server>);

    /// `changed` is called when listed() or reachable() is another number.
    void on_count_change(std::function<void()> changed) { count_changed_ = std::move(changed); }

    /// A listed server, or null.
    server_entry_ptr find(std::string_view name) const;
    /// What stands for a kind: its first declared server, else its defaults; null where there is neither.
    server_entry_ptr find_by_kind(const kind&) const;

    /// The list of all servers; `reveal_env` as in encode_server. Made anew only after a change.
    document_ptr list(bool reveal_env);

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

    contents now_;
    std::size_t reachable_ = 0;
    std::function<void()> count_changed_ = [] {};
    document_ptr list_;
    document_ptr revealed_list_;
};

}  // namespace opd
