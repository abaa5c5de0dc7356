#include "config/base/utf8.hpp"
#include "config/base/version.hpp"
#include "daemon/api/answers.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <unistd.h>

namespace opd::api {

wire::answer get_health(api_services services, const call&) {
    const std::string file = legible(services.configuration.file().string());
    std::vector<running_turn> running;
    for (const bridge::running_turn& one : services.bridge.running())
        running.push_back(
            {.server = one.server,
             .model = one.model,
             .protocol = to_string(one.from),
             .seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - one.begun)
                            .count()});
    const health now{.version = version(),
                     .pid = ::getpid(),
                     .started_at = services.info.started_at,
                     .config_path = file,
                     .config_generation = services.configuration.current().generation,
                     .config_error = services.configuration.error(),
                     .servers = services.servers.listed(),
                     .reachable = services.servers.reachable(),
                     .in_flight = services.probes.in_flight(),
                     .turns = services.bridge.turns(),
                     .running = running};
    return ok(wire::make_document(encode_health(now)), false);
}

}  // namespace opd::api
