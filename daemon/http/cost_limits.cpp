#include "daemon/http/cost_limits.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace opd::http {

session_limits limits_of_each_client() { return {}; }

connection_limits limits_of_clients() {
    connection_limits limits;
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
        limits.total = std::min<std::size_t>(limits.total, descriptors.rlim_cur / 2);
    limits.streams = std::min(limits.streams, limits.total / 4);
    return limits;
}

probe_limits limits_of_probes() { return {}; }

}  // namespace opd::http
