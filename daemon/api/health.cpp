#include "config/version.hpp"
#include "daemon/api/call.hpp"

#include <unistd.h>

namespace opd {

answer get_health(api_services services, const call&) {
    const health now{.version = version(),
                     .pid = ::getpid(),
                     .started_at = services.info.started_at,
                     .config_path = services.info.config_path,
                     .config_generation = services.info.config_generation,
                     .config_error = services.info.config_error,
                     .servers = services.servers.listed(),
                     .reachable = services.servers.reachable(),
                     .in_flight = services.probes.in_flight()};
    return ok(make_document(encode_health(now)), false);
}

}  // namespace opd
