#pragma once

#include "probes/report.hpp"

#include <chrono>
#include <optional>

namespace opd {

/// How one server has fared, as far as the time of its next probe depends on it.
struct probe_history {
    probe_status last = probe_status::pending;
    unsigned failures = 0;  ///< in a row; 0 after a success
    std::optional<std::chrono::milliseconds> retry_after;
};

/// How long to wait before the next probe. A good server is asked again after `interval`. One that fails is asked again
/// soon (a quarter of the interval), then less and less often, up to four intervals or two minutes, whichever is less,
/// but never more often than a good one where asking again cannot help (a refused key, no listing). A server that says
/// when to come back is not asked earlier. `random` in [0, 1) spreads the result by up to 10 % either way, so that
/// servers do not stay in step. Never zero.
std::chrono::milliseconds next_delay(std::chrono::milliseconds interval, const probe_history&, double random);

/// Whether a status needs no further probe until the configuration or a key changes: nothing would be sent anyway.
bool is_settled(probe_status);

}  // namespace opd
