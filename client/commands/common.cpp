#include "client/commands/common.hpp"

#include "client/text.hpp"
#include "config/base/ascii.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <utility>

namespace opd {
namespace {

outcome unreachable(const connection_failure& failure, const command_context& context, std::chrono::seconds waited) {
    using why = connection_failure::reason;
    const std::string& at = context.address;
    switch (failure.why) {
        case why::not_there:
            return fail(exit_unavailable, fmt::format("operatord is not running at {}; start it with: systemctl --user "
                                                      "start operatord   (or: operatord &)",
                                                      at));
        case why::forbidden:
            return fail(exit_permission, fmt::format("{}: {}; operatord serves only the user who started it: run "
                                                     "operatorctl as that user",
                                                     at, failure.detail));
        case why::foreign:
            return fail(exit_permission,
                        fmt::format("{} is served by a process of another user ({}), and is not asked; "
                                    "find out who has put it there, or run operatorctl as that user",
                                    at, failure.detail));
        case why::timed_out:
            return fail(exit_unavailable, fmt::format("operatord at {} did not answer within {} s; see what it does "
                                                      "with: journalctl --user -u operatord",
                                                      at, waited.count()));
        case why::unknown_host:
            return fail(exit_unavailable, fmt::format("{}: {}; check the host name in --url", at, failure.detail));
        case why::ended:
        case why::broken: break;
    }
    return fail(exit_unavailable,
                fmt::format("what answers at {} is not operatord ({}); check --url or --socket", at, failure.detail));
}

}  // namespace

outcome fail(int exit_code, std::string_view text) {
    return {.err = fmt::format("{}\n", text), .exit_code = exit_code};
}

outcome failed(const problem& why) { return fail(exit_failed, why.sentence()); }
outcome say(std::string text) { return {.out = std::move(text)}; }
outcome document(std::string_view body) { return say(printable_json(body) + '\n'); }

outcome misread(const problem& what, std::string_view target, const command_context& context) {
    return fail(exit_failed, fmt::format("{} at {}: {}", target, context.address, what.sentence()));
}

outcome refused(const daemon_answer& answer) {
    const bool not_permitted = answer.status == 401 || answer.status == 403;
    return fail(not_permitted ? exit_permission : exit_failed, read_error(answer.status, answer.body));
}

view view_of(const command_context& context) { return {.colour = context.colour, .now = context.now}; }
bool is_good(const daemon_answer& answer) { return answer.status >= 200 && answer.status < 300; }

daemon_request request_of(http_method method, std::string_view target, const boost::json::object& body) {
    return {.target = std::string(target), .method = method, .body = boost::json::serialize(body)};
}

or_outcome<std::vector<daemon_answer>> ask(const std::vector<daemon_request>& requests, const command_context& context,
                                           std::chrono::seconds limit) {
    std::vector<daemon_answer> answers;
    for (daemon_reply& reply : context.ask(requests, limit)) {
        if (!reply) return unreachable(reply.error(), context, limit);
        answers.push_back(std::move(*reply));
    }
    return answers;
}

or_outcome<daemon_answer> ask_one(const daemon_request& request, const command_context& context,
                                  std::chrono::seconds limit) {
    auto answers = ask({request}, context, limit);
    if (!answers) return answers.error();
    if (!is_good(answers->front())) return refused(answers->front());
    return std::move(answers->front());
}

outcome change(const daemon_request& request, const command_context& context, std::string text) {
    const auto answer = ask_one(request, context);
    if (!answer) return answer.error();
    return context.json ? document(answer->body) : say(std::move(text));
}

or_outcome<std::vector<std::string>> get(const std::vector<std::string>& targets, const command_context& context,
                                         std::chrono::seconds limit) {
    std::vector<daemon_request> requests;
    for (const std::string& target : targets) requests.push_back({.target = target});
    auto answers = ask(requests, context, limit);
    if (!answers) return answers.error();
    std::vector<std::string> bodies;
    for (daemon_answer& answer : *answers) {
        if (!is_good(answer)) return refused(answer);
        bodies.push_back(std::move(answer.body));
    }
    return bodies;
}

std::string server_target(std::string_view name) { return fmt::format("{}/{}", servers_target, percent_encoded(name)); }

std::string models_target(std::string_view name, bool refresh) {
    return fmt::format("{}/models{}", server_target(name), refresh ? "?refresh=true" : "");
}

std::string delegator_target(std::string_view name) {
    return fmt::format("{}/{}", delegators_target, percent_encoded(name));
}

or_outcome<std::vector<models_answer>> get_models(const std::vector<std::string>& names, const command_context& context,
                                                  bool refresh) {
    std::vector<std::string> targets;
    for (const std::string& name : names) targets.push_back(models_target(name, refresh));
    const auto bodies = get(targets, context, refresh ? probe_limit : usual_limit);
    if (!bodies) return bodies.error();
    std::vector<models_answer> out;
    for (std::size_t i = 0; i < bodies->size(); ++i) {
        auto answer = read_models((*bodies)[i]);
        if (!answer) return misread(answer.error(), targets[i], context);
        out.push_back(std::move(*answer));
    }
    return out;
}

outcome run_command(const command::any& what, const command_context& context) {
    return std::visit([&context](const auto& asked) { return run(asked, context); }, what);
}

}  // namespace opd
