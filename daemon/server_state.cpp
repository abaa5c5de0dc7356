#include "daemon/server_state.hpp"

#include "daemon/api/encode.hpp"

#include <utility>

namespace opd {

std::shared_ptr<const std::string> model_list::empty() {
    static const auto text = std::make_shared<const std::string>("[]");
    return text;
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
        std::string json = encode_models(found.models);
        if (*next.last_good.json != json) {
            json.shrink_to_fit();
            next.last_good.json = std::make_shared<const std::string>(std::move(json));
        }
        next.last_good.count = found.models.size();
    }
    next.stale = !next.reachable() && next.last_success_at;
    return next;
}

}  // namespace opd
