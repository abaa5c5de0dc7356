#pragma once

#include "daemon/state/server_state.hpp"
#include "probes/http/message.hpp"
#include "probes/report.hpp"

#include <chrono>
#include <string>

namespace spdlog {
class logger;
}

namespace opd::state {

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
