#include "config/base/utf8.hpp"
#include "config/base/version.hpp"
#include "daemon/api/answers.hpp"

#include <string>

#include <unistd.h>

namespace opd::api {

wire::answer get_health(api_services services, const call&) {
    const std::string file = legible(services.configuration.file().string());
    const health now{.version = version(),
                     .pid = ::getpid(),
                     .started_at = services.info.started_at,
                     .config_path = file,
                     .config_generation = services.configuration.current().generation,
                     .config_error = services.configuration.error(),
                     .servers = services.servers.listed(),
                     .reachable = services.servers.reachable(),
                     .in_flight = services.probes.in_flight()};
    return ok(wire::make_document(encode_health(now)), false);
}

}  // namespace opd::api
