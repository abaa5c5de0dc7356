#pragma once

#include "config/base/secret.hpp"
#include "daemon/bridge/bridge.hpp"
#include "daemon/keys/key_store.hpp"
#include "daemon/state/config_store.hpp"
#include "daemon/state/probe_scheduler.hpp"
#include "daemon/state/registry.hpp"
#include "daemon/tools/installed_tools.hpp"
#include "daemon/wire/document.hpp"
#include "daemon/wire/message.hpp"

#include <spdlog/fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

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

/// What the API tells of the daemon itself.
struct daemon_info {
    state::wall_time started_at;
    std::string instance;  ///< differs from one start to the next; part of the tags of configured things
    std::vector<std::string>
        own_hosts;     ///< configured host names under which it may be asked, besides the loopback ones
    std::string home;  ///< the user's
    std::filesystem::path data_folder;  ///< where the package has put its files
    std::string machine_name;
    std::optional<std::string> bridge_origin{};  ///< `http://127.0.0.1:7008`; nullopt: it does not listen on TCP
    std::optional<secret> token;  ///< what requests from other machines must carry; nullopt: they are not served
};

/// What the API works on. All of it must outlive the API.
struct api_services {
    state::config_store& configuration;
    state::registry& servers;
    answer_cache& answers;
    state::probe_scheduler& probes;
    tools::installed_tools& tools;
    keys::key_store& keys;
    bridge::bridge& bridge;
    const daemon_info& info;
    spdlog::logger& log;
};

/// The REST interface: `/api/v1/...`.
std::unique_ptr<wire::request_handler> make_api(api_services);

}  // namespace opd::api
