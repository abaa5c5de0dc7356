#include "daemon/state/server_state.hpp"

#include <utility>

namespace opd::state {

const model_list& no_models() {
    static const auto none = std::make_shared<const std::vector<model>>();
    return none;
}

server_state after_probe(server_state before, report&& found, wall_time now) {
    server_state next = std::move(before);
    next.status = found.status;
    next.error = std::move(found.error);
    next.hint = std::move(found.hint);
    next.checked_at = now;
    next.latency = found.latency;
    next.next_probe_at.reset();
    if (next.reachable()) {
        next.last_success_at = now;
        if (*next.last_good != found.models) {
            found.models.shrink_to_fit();
            next.last_good = std::make_shared<const std::vector<model>>(std::move(found.models));
        }
    }
    next.stale = !next.reachable() && next.last_success_at;
    return next;
}

}  // namespace opd::state
