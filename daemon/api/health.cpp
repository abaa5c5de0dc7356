#include "config/base/utf8.hpp"
#include "config/base/version.hpp"
#include "config/json_reader.hpp"
#include "daemon/api/answers.hpp"

#include <boost/json.hpp>

#include <chrono>

#include <unistd.h>

namespace json = boost::json;

namespace opd::api {

wire::answer get_health(api_services services, const call&) {
    const state::config_store& configuration = services.configuration;
    json::array running;
    for (const bridge::running_turn& one : services.bridge.running()) {
        const auto since = std::chrono::steady_clock::now() - one.begun;
        running.push_back({{"server", one.server},
                           {"model", one.model},
                           {"protocol", to_string(one.from)},
                           {"seconds", std::chrono::duration_cast<std::chrono::seconds>(since).count()}});
    }
    const std::size_t active = running.size();
    json::object health{
        {"status", configuration.error().empty() ? "ok" : "degraded"},
        {"version", version()},
        {"pid", ::getpid()},
        {"started_at", encode_time(services.info.started_at)},
        {"config",
         {{"path", legible(configuration.file().string())},
          {"generation", configuration.current().generation},
          {"error", text_or_null(configuration.error())}}},
        {"probes",
         {{"servers", services.servers.listed()},
          {"reachable", services.servers.reachable()},
          {"in_flight", services.probes.in_flight()}}},
        {"bridge", {{"active", active}, {"turns", services.bridge.turns()}, {"running", std::move(running)}}}};
    return ok(wire::make_document(json::serialize(health)), false);
}

}  // namespace opd::api
