#include "client/commands.hpp"

#include "client/answers.hpp"
#include "client/text.hpp"
#include "client/views.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace opd {
namespace {

constexpr std::chrono::seconds limit{10};
constexpr std::chrono::seconds refresh_limit{60};  // a probe, and the queue before it
constexpr std::string_view health_target = "/api/v1/health";
constexpr std::string_view servers_target = "/api/v1/model-servers";
constexpr std::string_view kinds_target = "/api/v1/model-servers/kinds";

template <class T>
using or_outcome = result<T, outcome>;

outcome fail(int exit_code, std::string_view text) {
    return {.out = {}, .err = fmt::format("{}\n", text), .exit_code = exit_code};
}

std::string server_target(const std::string& name) {
    return fmt::format("{}/{}", servers_target, boost::urls::encode(name, boost::urls::unreserved_chars));
}

std::string models_target(const std::string& name, bool refresh) {
    return fmt::format("{}/models{}", server_target(name), refresh ? "?refresh=true" : "");
}

outcome unreachable(const connection_failure& failure, const surroundings& around, std::chrono::seconds waited) {
    using why = connection_failure::reason;
    switch (failure.why) {
        case why::not_there:
            return fail(exit_unavailable, fmt::format("operatord is not running at {}; start it with: "
                                                      "systemctl --user start operatord   (or: operatord &)",
                                                      around.address));
        case why::forbidden:
            return fail(
                exit_permission,
                fmt::format("{}: {}; operatord serves only the user who started it: run operatorctl as that user",
                            around.address, failure.detail));
        case why::timed_out:
            return fail(exit_unavailable,
                        fmt::format("operatord at {} did not answer within {} s; see what it does with: "
                                    "journalctl --user -u operatord",
                                    around.address, waited.count()));
        case why::unknown_host:
            return fail(exit_unavailable,
                        fmt::format("{}: {}; check the host name in --url", around.address, failure.detail));
        case why::broken:
            break;
    }
    return fail(exit_unavailable, fmt::format("what answers at {} is not operatord ({}); check --url or --socket",
                                              around.address, failure.detail));
}

outcome misread(const problem& what, std::string_view target, const surroundings& around) {
    return fail(exit_failed, fmt::format("{} at {}: {}; {}", target, around.address, what.message, what.hint));
}

/// The bodies of the good answers to all targets, or what the first bad one comes to.
or_outcome<std::vector<std::string>> get(const std::vector<std::string>& targets, const surroundings& around,
                                         bool refresh = false) {
    const std::chrono::seconds waited = refresh ? refresh_limit : limit;
    std::vector<std::string> bodies;
    for (daemon_reply& reply : around.ask(targets, waited)) {
        if (!reply) return unreachable(reply.error(), around, waited);
        if (reply->status != 200) return fail(exit_failed, printable(read_error(reply->status, reply->body)));
        bodies.push_back(std::move(reply->body));
    }
    return bodies;
}

/// The one JSON document of `--json`.
outcome document(std::string_view body) {
    return {.out = printable_json(body) + '\n', .err = {}, .exit_code = 0};
}

view view_of(const surroundings& around) {
    return {.colour = around.colour, .now = around.now};
}

/// The models answers of some servers; for servers with a problem that is where the error and the hint are.
or_outcome<std::vector<models_answer>> get_models(const std::vector<std::string>& names, const surroundings& around,
                                                  bool refresh = false) {
    std::vector<std::string> targets;
    targets.reserve(names.size());
    for (const std::string& name : names)
        targets.push_back(models_target(name, refresh));
    const auto bodies = get(targets, around, refresh);
    if (!bodies) return bodies.error();
    std::vector<models_answer> out;
    for (std::size_t i = 0; i < bodies->size(); ++i) {
        auto answer = read_models((*bodies)[i]);
        if (!answer) return misread(answer.error(), targets[i], around);
        out.push_back(std::move(*answer));
    }
    return out;
}

/// The table of servers of a list.
outcome list_servers(std::string_view body, const surroundings& around) {
    const auto servers = read_server_list(body);
    if (!servers) return misread(servers.error(), servers_target, around);
    std::vector<std::string> names;
    for (const server_answer& server : *servers)
        if (is_problem(server.probe)) names.push_back(server.name);
    const auto problems = get_models(names, around);
    if (!problems) return problems.error();
    return {.out = show_servers(*servers, *problems, view_of(around)), .err = {}, .exit_code = 0};
}

outcome run_status(const invocation& asked, const surroundings& around) {
    const auto bodies = get({std::string(health_target), std::string(servers_target)}, around);
    if (!bodies) return bodies.error();
    const auto& [health_body, servers_body] = std::tie((*bodies)[0], (*bodies)[1]);
    if (asked.json) return document(fmt::format(R"({{"health":{},"model_servers":{}}})", health_body, servers_body));
    const auto health = read_health(health_body);
    if (!health) return misread(health.error(), health_target, around);
    outcome end = list_servers(servers_body, around);
    if (end.exit_code == 0) end.out.insert(0, show_health(*health, view_of(around)) + '\n');
    return end;
}

outcome run_servers_list(const invocation& asked, const surroundings& around) {
    const auto bodies = get({std::string(servers_target)}, around);
    if (!bodies) return bodies.error();
    if (asked.json) return document(bodies->front());
    return list_servers(bodies->front(), around);
}

outcome run_servers_show(const invocation& asked, const surroundings& around) {
    const std::string target = server_target(asked.server);
    const auto bodies = get({target}, around);
    if (!bodies) return bodies.error();
    if (asked.json) return document(bodies->front());
    const auto server = read_server(bodies->front());
    if (!server) return misread(server.error(), target, around);
    std::vector<std::string> names;
    if (is_problem(server->probe)) names.push_back(server->name);
    const auto problems = get_models(names, around);
    if (!problems) return problems.error();
    const models_answer* problem = problems->empty() ? nullptr : &problems->front();
    return {.out = show_server(*server, problem, view_of(around)), .err = {}, .exit_code = 0};
}

outcome run_models_of(const invocation& asked, const surroundings& around) {
    const std::string target = models_target(asked.server, asked.refresh);
    const auto bodies = get({target}, around, asked.refresh);
    if (!bodies) return bodies.error();
    const auto answer = read_models(bodies->front());
    if (!answer) return misread(answer.error(), target, around);
    outcome end =
        asked.json ? document(bodies->front()) : outcome{.out = show_models(*answer, view_of(around)), .err = {}};
    end.exit_code = answer->reachable ? 0 : exit_failed;
    return end;
}

outcome run_all_models(const invocation& asked, const surroundings& around) {
    const auto list = get({std::string(servers_target)}, around);
    if (!list) return list.error();
    const auto servers = read_server_list(list->front());
    if (!servers) return misread(servers.error(), servers_target, around);
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
    const auto bodies = get(targets, around, asked.refresh);
    if (!bodies) return bodies.error();
    if (asked.json) return document(fmt::format("[{}]", fmt::join(*bodies, ",")));
    for (std::size_t i = 0; i < bodies->size(); ++i) {
        auto answer = read_models((*bodies)[i]);
        if (!answer) return misread(answer.error(), targets[i], around);
        answers.push_back(std::move(*answer));
    }
    return {.out = show_all_models(answers, view_of(around)), .err = {}, .exit_code = 0};
}

outcome run_kinds(const invocation& asked, const surroundings& around) {
    const auto bodies = get({std::string(kinds_target)}, around);
    if (!bodies) return bodies.error();
    if (asked.json) return document(bodies->front());
    const auto kinds = read_kinds(bodies->front());
    if (!kinds) return misread(kinds.error(), kinds_target, around);
    return {.out = show_kinds(*kinds, view_of(around)), .err = {}, .exit_code = 0};
}

outcome run_health(const invocation& asked, const surroundings& around) {
    const auto bodies = get({std::string(health_target)}, around);
    if (!bodies) return bodies.error();
    if (asked.json) return document(bodies->front());
    const auto health = read_health(bodies->front());
    if (!health) return misread(health.error(), health_target, around);
    return {.out = show_health(*health, view_of(around)), .err = {}, .exit_code = 0};
}

}  // namespace

outcome run_command(const invocation& asked, const surroundings& around) {
    switch (asked.what) {
        case verb::status:
            return run_status(asked, around);
        case verb::servers_list:
            return run_servers_list(asked, around);
        case verb::servers_show:
            return run_servers_show(asked, around);
        case verb::models:
            return asked.server.empty() ? run_all_models(asked, around) : run_models_of(asked, around);
        case verb::kinds:
            return run_kinds(asked, around);
        case verb::health:
            return run_health(asked, around);
    }
    return fail(exit_internal, "operatorctl: unknown command");
}

}  // namespace opd
