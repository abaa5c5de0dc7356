#include "daemon/api/answers.hpp"

#include <string>
#include <vector>

namespace opd::api {
namespace {

wire::answer unknown_server(const state::registry& servers, std::string_view name) {
    std::vector<std::string_view> names;
    for (const state::server_entry_ptr& entry : servers.entries())
        if (entry->state.listed) names.push_back(entry->state.server.name);
    return refused(no_such("model server", name, names, "model-servers"));
}

}  // namespace

preparation before_models(api_services services, const call& called, state::server_entry_ptr entry) {
    const std::optional<bool> refresh = flag(called.target, "refresh");
    if (!refresh) return std::nullopt;
    if (*refresh) return services.probes.refresh(std::move(entry));
    services.probes.look_at(*entry);
    if (entry->state.status != probe_status::pending) return std::nullopt;
    return services.probes.wait_for_first_result(std::move(entry));
}

wire::answer models_answer(const call& called, const wire::document_ptr& models) {
    return flag(called.target, "refresh") ? ok(models) : wrong_flag("refresh");
}

wire::answer list_model_servers(api_services services, const call& called) {
    return ok(services.answers.list(called.asked.over_unix_socket));
}

wire::answer get_model_server(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const state::server_entry_ptr entry = services.servers.find(name);
    if (!entry) return unknown_server(services.servers, name);
    const bool as_encoded = !called.asked.over_unix_socket || entry->state.server.extra_env.empty();
    const state::config_revisions& revisions = services.configuration.current().revisions;
    return ok(as_encoded ? services.answers.server(*entry) : encode_server(entry->state, true),
              server_tag(services.info.instance, revisions, name).value_or(std::string()));
}

preparation before_models_of_server(api_services services, const call& called) {
    const state::server_entry_ptr entry = services.servers.find(called.parameters[0]);
    return entry ? before_models(services, called, entry) : std::nullopt;
}

wire::answer get_models_of_server(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const state::server_entry_ptr entry = services.servers.find(name);
    return entry ? models_answer(called, services.answers.models(*entry)) : unknown_server(services.servers, name);
}

}  // namespace opd::api
