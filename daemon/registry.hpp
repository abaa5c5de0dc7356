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
#include <vector>

namespace opd {

/// One server in the registry. Shared, so that a request or a probe that holds it outlives its removal.
struct server_entry {
    server_state state;
    document_ptr models;          ///< the answer of .../{name}/models
    document_ptr models_of_kind;  ///< the same below /kinds/{slug}; null where another server stands for the kind
    std::string encoded;          ///< ModelServerResponse as TCP clients see it
    bool stands_for_kind = false;
    event changed;  ///< after every new state
};

using server_entry_ptr = std::shared_ptr<server_entry>;

/// The cache: what is known about every server, as ready-made answers. Reading costs no serialisation and never waits.
class registry {
public:
    /// Declared servers and builtins, in the order in which they are listed. Kinds that nobody declared but that have a
    /// default base URL are added unlisted. Each base URL has passed validation.
    explicit registry(std::span<const model_server>);

    /// A listed server, or null.
    server_entry_ptr find(std::string_view name) const;
    /// What stands for a kind: its first declared server, else its defaults; null where there is neither.
    server_entry_ptr find_by_kind(const kind&) const;

    /// The list of all servers; `reveal_env` as in encode_server. Made anew only after a change.
    document_ptr list(bool reveal_env);

    /// The entry's state may have been moved away to make the new one.
    void update(server_entry&, server_state);

    /// Every server, unlisted ones too.
    std::span<const server_entry_ptr> entries() const { return entries_; }

    std::size_t listed() const { return by_name_.size(); }

    std::size_t reachable() const { return reachable_; }

private:
    void add(const model_server&, bool listed);

    std::vector<server_entry_ptr> entries_;
    std::map<std::string, server_entry_ptr, std::less<>> by_name_;
    std::map<const kind*, server_entry_ptr> by_kind_;
    std::size_t reachable_ = 0;
    document_ptr list_;
    document_ptr revealed_list_;
};

}  // namespace opd
