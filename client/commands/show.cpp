// The commands that only show what the daemon says of itself and its model servers.
#include "client/commands/common.hpp"
#include "client/service/service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <utility>

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

outcome models_of(const command::models& asked, const command_context& context) {
    const std::string target = models_target(asked.server, asked.refresh);
    const auto told = ask_for({.target = target}, context, read_models, asked.refresh ? probe_limit : usual_limit);
    if (!told) return told.error();
    outcome end = context.json ? document(told->answer.body) : say(show_models(told->what, view_of(context)));
    end.exit_code = told->what.reachable ? 0 : exit_failed;
    return end;
}

outcome all_models(const command::models& asked, const command_context& context) {
    const auto servers = ask_for({.target = std::string(servers_target)}, context, read_server_list);
    if (!servers) return servers.error();
    // A refresh may find that a server is back; without one only the reachable have a list.
    std::vector<std::string> targets;
    std::vector<models_answer> answers;
    for (const server_answer& server : servers->what) {
        const bool worth_asking = server.probe.reachable || (asked.refresh && server.probe.status != "disabled");
        if (worth_asking)
            targets.push_back(models_target(server.name, asked.refresh));
        else if (is_problem(server.probe))
            answers.push_back({.server = server.name, .status = server.probe.status});
    }
    const auto bodies = get(targets, context, asked.refresh ? probe_limit : usual_limit);
    if (!bodies) return bodies.error();
    if (context.json) return document(fmt::format("[{}]", fmt::join(*bodies, ",")));
    for (std::size_t i = 0; i < bodies->size(); ++i) {
        auto answer = read_models((*bodies)[i]);
        if (!answer) return misread(answer.error(), targets[i], context);
        answers.push_back(std::move(*answer));
    }
    return say(show_all_models(answers, view_of(context)));
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

outcome run(const command::models& asked, const command_context& context) {
    return asked.server.empty() ? all_models(asked, context) : models_of(asked, context);
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
    const auto told = ask_for({.target = server_target(asked.name)}, context, read_server);
    if (!told) return told.error();
    if (context.json) return document(told->answer.body);
    std::vector<std::string> names;
    if (is_problem(told->what.probe)) names.push_back(told->what.name);
    const auto problems = get_models(names, context);
    if (!problems) return problems.error();
    const models_answer* problem = problems->empty() ? nullptr : &problems->front();
    return say(show_server(told->what, problem, view_of(context)));
}

}  // namespace opd
