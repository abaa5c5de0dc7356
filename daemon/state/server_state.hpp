#pragma once

#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"
#include "probes/http/message.hpp"
#include "probes/report.hpp"

#include <spdlog/fwd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace opd::state {

using wall_time = std::chrono::system_clock::time_point;

/// The models of a server. Never null, never changed: states and readers share one.
using model_list = std::shared_ptr<const std::vector<model>>;

/// The one that is empty.
const model_list& no_models();

/// What is known about one server right now: the newest outcome, and the last good list. A value: what changes is
/// replaced.
struct server_state {
    model_server server;
    api_root root;                  ///< of the declared base: what is probed
    std::optional<api_root> found;  ///< where the newest list was, if that is elsewhere below it
    bool listed = true;  ///< false: the defaults of a kind that nobody declared; they are reachable below /kinds only

    probe_status status = probe_status::pending;
    std::string error;
    std::string hint;
    std::optional<wall_time> checked_at;
    std::optional<wall_time> last_success_at;
    std::optional<std::chrono::milliseconds> latency;
    std::optional<wall_time> next_probe_at;  ///< as planned after the newest one; nullopt: none is
    bool stale = false;  ///< the list is older than the server's interval, or the newest probe failed
    model_list last_good = no_models();

    /// Where agents find the API: the place that has listed the models is the one that is used.
    const api_root& api() const { return found ? *found : root; }

    bool reachable() const { return status == probe_status::ok; }
};

/// The state after a probe. A list that did not change stays the same one.
server_state after_probe(server_state before, report&& found, wall_time now);

/// How long a probe took.
struct probe_times {
    http_phases phases;
    std::chrono::microseconds total{};
};

/// `12.3 ms: resolve 0.1, connect 0.3, TLS 5.1, first byte 6.2`; only the steps that there were.
std::string describe(const probe_times&);

/// Notes the end of a probe: a transition once, for everybody; how long each took for those who debug. In the journal
/// both have the fields OPERATOR_SERVER and OPERATOR_STATUS.
void log_probe(spdlog::logger&, const server_state& now, probe_status before, const probe_times&);

}  // namespace opd::state
