#include "client/commands/common.hpp"
#include "client/service/manager.hpp"

#include <fmt/format.h>

#include <optional>

namespace opd {
namespace {

/// The table of servers of a list.
outcome list_servers(std::string_view body, const command_context& context) {
    const auto servers = read_server_list(body);
    if (!servers) return misread(servers.error(), servers_target, context);
    std::vector<std::string> names;
    for (const server_answer& server : *servers)
        if (is_problem(server.probe)) names.push_back(server.name);
    const auto problems = get_models(names, context);
    if (!problems) return problems.error();
    return say(show_servers(*servers, *problems, view_of(context)));
}

/// What systemd says of the daemon; nullopt: nothing, or it is not asked since the user has named another one.
std::optional<service_units> find_service(const command_context& context) {
    if (context.named_by_the_user) return std::nullopt;
    auto units = ask_units(context.environment);
    return units ? std::optional(std::move(*units)) : std::nullopt;
}

/// Of a daemon that does not answer.
std::string what_of_service(const service_units& units) {
    std::string out = fmt::format("service: {}\n", state_words(units));
    const bool failed = units.service.active == "failed" || units.socket.active == "failed";
    if (!units.service.is_there()) out += "install it with: operatorctl service install\n";
    if (failed) out += "see why with: operatorctl service logs\n";
    return out;
}

}  // namespace

outcome run(const command::status&, const command_context& context) {
    const auto bodies = get({std::string(health_target), std::string(servers_target)}, context);
    const auto service = find_service(context);  // afterwards: the question may have started it
    if (!bodies) {
        outcome end = bodies.error();
        if (service && end.exit_code == exit_unavailable) end.err += what_of_service(*service);
        return end;
    }
    const std::string& health_body = bodies->front();
    const std::string& servers_body = bodies->back();
    if (context.json)
        return document(fmt::format(R"({{"health":{},"model_servers":{},"service":{}}})", health_body, servers_body,
                                    service ? encode_units(*service) : "null"));
    const auto health = read_health(health_body);
    if (!health) return misread(health.error(), health_target, context);
    const std::string words = service && service->service.is_there() ? state_words(*service) : std::string();
    outcome end = list_servers(servers_body, context);
    if (end.exit_code == 0) end.out.insert(0, show_health(*health, view_of(context), words) + '\n');
    return end;
}

outcome run(const command::health&, const command_context& context) {
    return show_answer(health_target, context, read_health,
                       [](const health_answer& health, const view& how) { return show_health(health, how); });
}

outcome run(const command::kinds&, const command_context& context) {
    return show_answer(kinds_target, context, read_kinds, show_kinds);
}

outcome run(const command::servers_list&, const command_context& context) {
    const auto bodies = get({std::string(servers_target)}, context);
    if (!bodies) return bodies.error();
    if (context.json) return document(bodies->front());
    return list_servers(bodies->front(), context);
}

outcome run(const command::servers_show& asked, const command_context& context) {
    const std::string target = server_target(asked.name);
    const auto bodies = get({target}, context);
    if (!bodies) return bodies.error();
    if (context.json) return document(bodies->front());
    const auto server = read_server(bodies->front());
    if (!server) return misread(server.error(), target, context);
    std::vector<std::string> names;
    if (is_problem(server->probe)) names.push_back(server->name);
    const auto problems = get_models(names, context);
    if (!problems) return problems.error();
    const models_answer* problem = problems->empty() ? nullptr : &problems->front();
    return say(show_server(*server, problem, view_of(context)));
}

}  // namespace opd
