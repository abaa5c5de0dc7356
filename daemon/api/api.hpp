#pragma once

#include "daemon/http/message.hpp"
#include "daemon/probe_scheduler.hpp"
#include "daemon/registry.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace opd {

/// What the API tells of the daemon itself.
struct daemon_info {
    wall_time started_at;
    std::string config_path;
    std::uint64_t config_generation = 1;
    std::string config_error;  ///< empty: none
    std::vector<std::string>
        own_hosts;  ///< configured host names under which it may be asked, besides the loopback ones
    std::vector<std::string> cors_origins;
};

/// What the API works on. All of it must outlive the API.
struct api_services {
    registry& servers;
    probe_scheduler& probes;
    const daemon_info& info;
    spdlog::logger& log;
};

/// The REST interface: `/api/v1/...`.
std::unique_ptr<request_handler> make_api(api_services);

}  // namespace opd
