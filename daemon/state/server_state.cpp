#include "daemon/state/server_state.hpp"

#include "daemon/loop/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <string_view>
#include <utility>

namespace opd::state {
namespace {

double in_milliseconds(std::chrono::microseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

void log_transition(spdlog::logger& log, const server_state& now, probe_status before, const probe_times& times) {
    if (now.reachable()) {
        const auto took = now.latency.value_or(std::chrono::ceil<std::chrono::milliseconds>(times.total));
        log.info("{}: {} -> ok, {} models in {} ms", now.server.name, to_string(before), now.last_good->size(),
                 took.count());
        return;
    }
    const auto level = is_settled(now.status) ? spdlog::level::info : spdlog::level::warn;
    log.log(level, "{}: {} -> {}: {}", now.server.name, to_string(before), to_string(now.status), now.error);
}

/// Where the API is by the place of the list; nullopt: where the base says.
std::optional<api_root> place_of(const server_state& state, const report& found) {
    api_root place = state.root;
    if (found.unversioned) place.unversioned = true;
    const std::string path = place.prefix + place.version;
    if (found.lmstudio && state.server.kind->dialect == listing_dialect::openai)
        for (const std::string_view own : {"/api/v1", "/api/v0"}) {
            if (!path.ends_with(own)) continue;
            place.prefix = path.substr(0, path.size() - own.size());
            place.version = "/v1";
        }
    return place == state.root ? std::nullopt : std::optional(std::move(place));
}

}  // namespace

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
        next.found = place_of(next, found);
        if (*next.last_good != found.models) {
            found.models.shrink_to_fit();
            next.last_good = std::make_shared<const std::vector<model>>(std::move(found.models));
        }
    }
    next.stale = !next.reachable() && next.last_success_at;
    return next;
}

std::string describe(const probe_times& times) {
    std::string text = fmt::format("{:.1f} ms", in_milliseconds(times.total));
    const http_phases& phases = times.phases;
    std::string_view between = ": ";
    for (const auto& [name, took] : {std::pair("resolve", phases.resolve), std::pair("connect", phases.connect),
                                     std::pair("TLS", phases.tls), std::pair("first byte", phases.first_byte)}) {
        if (!took) continue;
        text += fmt::format("{}{} {:.1f}", std::exchange(between, ", "), name, in_milliseconds(*took));
    }
    return text;
}

void log_probe(spdlog::logger& log, const server_state& now, probe_status before, const probe_times& times) {
    const loop::log_fields fields{{"OPERATOR_SERVER", now.server.name}, {"OPERATOR_STATUS", to_string(now.status)}};
    if (now.status != before) log_transition(log, now, before, times);
    if (log.should_log(spdlog::level::debug))
        log.debug("{}: probed, {}, {}", now.server.name, to_string(now.status), describe(times));
}

}  // namespace opd::state
