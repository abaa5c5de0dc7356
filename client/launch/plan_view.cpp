#include "client/launch/plan_view.hpp"

#include "client/table.hpp"
#include "client/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace opd {
namespace {

using facts = std::vector<std::pair<std::string_view, cell>>;

std::string assignment(const plan_variable& one) {
    if (!one.from_env.empty()) return fmt::format("{}=${{{}}}", one.name, one.from_env);
    return fmt::format("{}={}", one.name, one.secret ? "***" : shell_quoted(one.value));
}

/// The label stands before the first of several texts alone.
void add_all(facts& into, std::string_view label, const std::vector<std::string>& texts, tint colour = tint::plain) {
    for (const std::string& text : texts) {
        into.push_back({label, {.text = text, .colour = colour}});
        label = "";
    }
}

std::vector<std::string> obstacles(const received_plan& plan, const environment& caller,
                                   const std::optional<found_program>& program) {
    std::vector<std::string> out = plan.warnings;
    for (const plan_variable& one : unresolved(plan, caller))
        out.push_back(why_unresolved(one, plan));
    if (!program || !program->executable) out.push_back(why_not_run(plan, program));
    return out;
}

}  // namespace

std::string why_not_run(const received_plan& plan, const std::optional<found_program>& program) {
    if (program) return fmt::format("{}: no permission to execute it; see it with: ls -l", program->path);
    std::string out = fmt::format("{}: not found on PATH", plan.tool);
    if (!plan.install_hint.empty()) out += fmt::format("; install it with: {}", plan.install_hint);
    return out;
}

std::string why_unresolved(const plan_variable& one, const received_plan& plan) {
    const std::string whose = plan.model_server.empty() ? plan.tool : plan.model_server;
    return fmt::format("{} is not set here, and {} for {} comes from it; set it first: export {}=...", one.from_env,
                       one.name, whose, one.from_env);
}

std::string show_plan(const received_plan& plan, const std::vector<std::string>& arguments, const environment& caller,
                      const view& how) {
    const auto program = search_program(plan.tool, caller);
    std::vector<std::string> set;
    for (const plan_variable& one : effective(plan.env))
        set.push_back(assignment(one));
    facts lines;
    if (!plan.delegator.empty()) lines.push_back({"delegator", {.text = plan.delegator, .colour = tint::strong}});
    lines.push_back({"program", {.text = program ? program->path : plan.tool, .colour = tint::strong}});
    if (!plan.model.empty()) lines.push_back({"model", {.text = plan.model}});
    if (!plan.model_server.empty()) lines.push_back({"model server", {.text = plan.model_server}});
    lines.push_back({"command", {.text = command_line_text(command_line_of(plan, arguments))}});
    add_all(lines, "set", set);
    add_all(lines, "unset", plan.unset);
    if (!plan.no_proxy.empty())
        lines.push_back({"no proxy for", {.text = fmt::format("{}", fmt::join(plan.no_proxy, ", "))}});
    if (plan.home)
        lines.push_back(
            {"private home",
             {.text = fmt::format("{} (your {} with settings on top)", plan.home->variable, plan.home->folder)}});
    add_all(lines, "warning", obstacles(plan, caller, program), tint::warning);
    return render_facts(lines, how.colour);
}

}  // namespace opd
