#pragma once

#include "config/base/secret.hpp"
#include "daemon/api/answer_cache.hpp"
#include "daemon/bridge/bridge.hpp"
#include "daemon/keys/key_store.hpp"
#include "daemon/state/config_store.hpp"
#include "daemon/state/probe_scheduler.hpp"
#include "daemon/state/registry.hpp"
#include "daemon/tools/installed_tools.hpp"
#include "daemon/wire/message.hpp"

#include <spdlog/fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace opd::api {

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
