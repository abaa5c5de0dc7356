#pragma once

#include "daemon/state/registry.hpp"
#include "daemon/wire/document.hpp"

#include <string>
#include <unordered_map>

namespace opd::api {

/// What clients read of the registry, as ready-made answers: each is made at the first read after a change, and dropped
/// at the next change. All entries asked about are in the registry.
class answer_cache {
public:
    /// Subscribes to the registry: must live as long as that changes.
    explicit answer_cache(state::registry&);
    answer_cache(const answer_cache&) = delete;
    answer_cache& operator=(const answer_cache&) = delete;

    /// The list of all servers; `reveal_env` as in encode_server.
    wire::document_ptr list(bool reveal_env);
    /// ModelServerResponse as TCP clients see it.
    const std::string& server(const state::server_entry&);
    /// The answer of .../{name}/models.
    wire::document_ptr models(const state::server_entry&);
    /// The same below /kinds/{slug}, of the server that stands for the kind.
    wire::document_ptr models_of_kind(const state::server_entry&);

private:
    struct answers {
        std::string server;
        wire::document_ptr models;
        wire::document_ptr models_of_kind;
        wire::document::piece list;  ///< the text of `listed`, which often outlives the answers around it
        state::model_list listed;
    };

    void drop(const state::registry_event&);
    wire::document_ptr make_models(std::string_view name, const state::server_state&, answers&);

    state::registry& registry_;
    std::unordered_map<const state::server_entry*, answers> made_;
    wire::document_ptr list_;
    wire::document_ptr revealed_list_;
};

}  // namespace opd::api
