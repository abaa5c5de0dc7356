#include "client/commands/common.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace opd {
namespace {

outcome models_of(const command::models& asked, const command_context& context) {
    const std::string target = models_target(asked.server, asked.refresh);
    const auto bodies = get({target}, context, asked.refresh ? probe_limit : usual_limit);
    if (!bodies) return bodies.error();
    const auto answer = read_models(bodies->front());
    if (!answer) return misread(answer.error(), target, context);
    outcome end = context.json ? document(bodies->front()) : say(show_models(*answer, view_of(context)));
    end.exit_code = answer->reachable ? 0 : exit_failed;
    return end;
}

outcome all_models(const command::models& asked, const command_context& context) {
    const auto list = get({std::string(servers_target)}, context);
    if (!list) return list.error();
    const auto servers = read_server_list(list->front());
    if (!servers) return misread(servers.error(), servers_target, context);
    // A refresh may find that a server is back; without one only the reachable have a list.
    std::vector<std::string> targets;
    std::vector<models_answer> answers;
    for (const server_answer& server : *servers) {
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

outcome run(const command::models& asked, const command_context& context) {
    return asked.server.empty() ? all_models(asked, context) : models_of(asked, context);
}

}  // namespace opd
