#include "client/launch/launch.hpp"

#include "client/commands/common.hpp"
#include "client/system.hpp"
#include "client/text.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

namespace opd {
namespace {

namespace json = boost::json;

// What a shell says of a program that cannot be executed, or is not there.
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

daemon_request resolve_request(const command::launch& asked, const environment& caller) {
    json::object body;
    const auto add = [&body](const char* field, const std::optional<std::string>& given) {
        if (given) body[field] = *given;
    };
    add("delegator", asked.delegator);
    add("llm_tool", asked.llm_tool);
    add("model", asked.model);
    add("model_server", asked.model_server);
    add("prompt", asked.prompt);
    if (asked.resume) body["resume"] = asked.resume->empty() ? "last" : *asked.resume;
    // Its file would be replaced by ours.
    if (has_managed_file("gemini", caller)) body["managed"] = true;
    if (asked.direct || asked.bridge) body["via"] = asked.direct ? "direct" : "bridge";
    // Who only looks, or will launch later, may do so while the server is down.
    if (asked.force || asked.print || asked.script) body["force"] = true;
    return request_of(http_method::post, resolve_target, body);
}

std::string warnings_of(const received_plan& plan) {
    std::string out;
    for (const std::string& warning : plan.warnings) out += fmt::format("warning: {}\n", printable(warning));
    return out;
}

/// The variables of the agent's private home; none: it needs none.
or_outcome<environment> ready_home(const received_plan& plan, const command_context& context) {
    if (!plan.home) return environment();
    auto home = prepare_home(*plan.home, plan.tool, context.environment);
    if (!home) return failed(home.error());
    return std::move(home->variables);
}

outcome print(const command::launch& asked, const received_plan& plan, std::string_view body,
              const command_context& context) {
    if (!context.json) return say(show_plan(plan, asked.arguments, context.environment, view_of(context)));
    const auto program = search_program(plan.tool, context.environment);
    return document(public_plan(body, plan, asked.arguments, program ? std::optional(program->path) : std::nullopt));
}

outcome write_script(const command::launch& asked, const received_plan& plan, const command_context& context) {
    const auto home = ready_home(plan, context);
    if (!home) return home.error();
    outcome end = say(launch_script(plan, asked.arguments, *home));
    if (*asked.script != "-") {
        if (const auto written = write_file(*asked.script, end.out, {.mode = 0700, .replace = asked.force}); !written)
            return failed(written.error());
        end.out = fmt::format("{} written\n", printable(*asked.script));
    }
    end.err = warnings_of(plan);
    if (plan.via == "bridge") end.err += "note: operatord, which the agent talks to, must run when the script does\n";
    if (holds_values(plan))
        end.err += fmt::format("note: the values in extra_env of {} are in it: keep it to yourself\n",
                               printable(plan.model_server));
    return end;
}

outcome start(const command::launch& asked, const received_plan& plan, const command_context& context) {
    std::string missing;
    for (const plan_variable& one : unresolved(plan, context.environment))
        missing += printable(why_unresolved(one, plan)) + '\n';
    if (!missing.empty()) return {.err = std::move(missing), .exit_code = exit_failed};
    const auto program = search_program(plan.tool, context.environment);
    if (!program || !program->executable)
        return fail(program ? exit_not_executable : exit_not_found, printable(why_not_run(plan, program)));
    const auto home = ready_home(plan, context);
    if (!home) return home.error();
    remember_launch(plan, context.environment);
    return {.err = warnings_of(plan) + push_before_launch(plan.push_keys, context),
            .becomes = successor{.path = program->path,
                                 .argv = command_line_of(plan, asked.arguments),
                                 .environment = agent_environment(plan, context.environment, *home)}};
}

}  // namespace

outcome run(const command::launch& wanted, const command_context& context) {
    command::launch asked = wanted;
    if (asked.resume && !asked.delegator && !asked.llm_tool) {
        const auto last = find_last_launch(context.environment);
        if (!last)
            return fail(exit_failed,
                        "nothing was launched in this folder that could be resumed; name it: operatorctl launch "
                        "--delegator NAME --resume");
        asked.delegator = last->delegator;
        asked.llm_tool = last->llm_tool;
        asked.model = last->model;
        asked.model_server = last->model_server;
    }
    auto plan = ask_for(resolve_request(asked, context.environment), context, read_plan, probe_limit);
    if (!plan) return plan.error();
    if (!plan->what.env.empty())  // else the agent goes its vendor's own way
        for (const managed_setting& one : find_managed_settings(context.environment))
            if (one.tool == plan->what.tool) plan->what.warnings.push_back(sentence_of(one));
    if (asked.print) return print(asked, plan->what, plan->answer.body, context);
    return asked.script ? write_script(asked, plan->what, context) : start(asked, plan->what, context);
}

}  // namespace opd
