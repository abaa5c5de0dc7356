#include "daemon/api/call.hpp"
#include "daemon/api/models.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace opd {
namespace {

answer unknown_server(const registry& servers, std::string_view name) {
    std::vector<std::string_view> names;
    for (const server_entry_ptr& entry : servers.entries()) {
        if (entry->state.listed) names.push_back(entry->state.server.name);
    }
    return not_found("model server", name, names, "/api/v1/model-servers");
}

/// The value of a parameter that is true or false; absent is false, and without a value it is true. nullopt: neither.
std::optional<bool> flag(const parsed_target& target, std::string_view name) {
    const auto found =
        std::ranges::find(target.query, name, [](const auto& one) -> std::string_view { return one.first; });
    if (found == target.query.end()) return false;
    if (found->second == "true" || found->second == "1" || found->second.empty()) return true;
    if (found->second == "false" || found->second == "0") return false;
    return std::nullopt;
}

}  // namespace

std::optional<wait_order> before_models(api_services services, const call& called, server_entry_ptr entry) {
    const std::optional<bool> refresh = flag(called.target, "refresh");
    if (!refresh) return std::nullopt;
    if (*refresh) return wait_order{.server = std::move(entry), .refresh = true};
    services.probes.look_at(*entry);
    if (entry->state.status != probe_status::pending) return std::nullopt;
    return wait_order{.server = std::move(entry)};
}

answer models_answer(const call& called, const document_ptr& models) {
    if (flag(called.target, "refresh")) return ok(models);
    const std::array wrong{field_error{.field = "refresh", .message = "must be true or false"}};
    return failed(400, "validation_error", "the query parameter refresh must be true or false", wrong);
}

answer list_model_servers(api_services services, const call& called) {
    return ok(services.servers.list(called.asked.over_unix_socket));
}

answer get_model_server(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const server_entry_ptr entry = services.servers.find(name);
    if (!entry) return unknown_server(services.servers, name);
    const bool as_encoded = !called.asked.over_unix_socket || entry->state.server.extra_env.empty();
    return ok(make_document(as_encoded ? entry->encoded : encode_server(entry->state, true)), false);
}

std::optional<wait_order> before_models_of_server(api_services services, const call& called) {
    const server_entry_ptr entry = services.servers.find(called.parameters[0]);
    return entry ? before_models(services, called, entry) : std::nullopt;
}

answer get_models_of_server(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const server_entry_ptr entry = services.servers.find(name);
    return entry ? models_answer(called, entry->models) : unknown_server(services.servers, name);
}

}  // namespace opd
