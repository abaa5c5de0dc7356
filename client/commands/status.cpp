#include "client/commands/common.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

/// The table of servers of a list.
outcome list_servers(std::string_view body, const surroundings& around) {
    const auto servers = read_server_list(body);
    if (!servers) return misread(servers.error(), servers_target, around);
    std::vector<std::string> names;
    for (const server_answer& server : *servers)
        if (is_problem(server.probe)) names.push_back(server.name);
    const auto problems = get_models(names, around);
    if (!problems) return problems.error();
    return say(show_servers(*servers, *problems, view_of(around)));
}

}  // namespace

outcome run(const command::status&, const surroundings& around) {
    const auto bodies = get({std::string(health_target), std::string(servers_target)}, around);
    if (!bodies) return bodies.error();
    const std::string& health_body = bodies->front();
    const std::string& servers_body = bodies->back();
    if (around.json) return document(fmt::format(R"({{"health":{},"model_servers":{}}})", health_body, servers_body));
    const auto health = read_health(health_body);
    if (!health) return misread(health.error(), health_target, around);
    outcome end = list_servers(servers_body, around);
    if (end.exit_code == 0) end.out.insert(0, show_health(*health, view_of(around)) + '\n');
    return end;
}

outcome run(const command::health&, const surroundings& around) {
    const auto bodies = get({std::string(health_target)}, around);
    if (!bodies) return bodies.error();
    if (around.json) return document(bodies->front());
    const auto health = read_health(bodies->front());
    if (!health) return misread(health.error(), health_target, around);
    return say(show_health(*health, view_of(around)));
}

outcome run(const command::kinds&, const surroundings& around) {
    const auto bodies = get({std::string(kinds_target)}, around);
    if (!bodies) return bodies.error();
    if (around.json) return document(bodies->front());
    const auto kinds = read_kinds(bodies->front());
    if (!kinds) return misread(kinds.error(), kinds_target, around);
    return say(show_kinds(*kinds, view_of(around)));
}

outcome run(const command::servers_list&, const surroundings& around) {
    const auto bodies = get({std::string(servers_target)}, around);
    if (!bodies) return bodies.error();
    if (around.json) return document(bodies->front());
    return list_servers(bodies->front(), around);
}

outcome run(const command::servers_show& asked, const surroundings& around) {
    const std::string target = server_target(asked.name);
    const auto bodies = get({target}, around);
    if (!bodies) return bodies.error();
    if (around.json) return document(bodies->front());
    const auto server = read_server(bodies->front());
    if (!server) return misread(server.error(), target, around);
    std::vector<std::string> names;
    if (is_problem(server->probe)) names.push_back(server->name);
    const auto problems = get_models(names, around);
    if (!problems) return problems.error();
    const models_answer* problem = problems->empty() ? nullptr : &problems->front();
    return say(show_server(*server, problem, view_of(around)));
}

}  // namespace opd
