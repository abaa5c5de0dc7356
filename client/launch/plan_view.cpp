#include "client/launch/launch.hpp"
#include "client/text.hpp"
#include "config/base/version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace opd {
namespace {

std::string shown(const plan_variable& one) {
    if (!one.from_env.empty()) return fmt::format("{}=${{{}}}", one.name, one.from_env);
    return fmt::format("{}={}", one.name, one.secret ? "***" : shell_quoted(one.value));
}

/// The label stands before the first of several texts alone.
void add_all(shown_facts& into, std::string_view label, const std::vector<std::string>& texts,
             tint colour = tint::plain) {
    for (const std::string& text : texts) {
        into.push_back({label, {text, colour}});
        label = "";
    }
}

std::vector<std::string> obstacles(const received_plan& plan, const environment& caller,
                                   const std::optional<found_program>& program) {
    std::vector<std::string> out = plan.warnings;
    for (const plan_variable& one : unresolved(plan, caller)) out.push_back(why_unresolved(one, plan));
    if (!program || !program->executable) out.push_back(why_not_run(plan, program));
    return out;
}

std::string heading(const received_plan& plan) {
    std::string with;
    if (!plan.model.empty()) with += fmt::format(" with the model {}", plan.model);
    if (!plan.model_server.empty()) with += fmt::format(" on {}", plan.model_server);
    return fmt::format(
        "#!/bin/sh\n"
        "# {}\n"
        "# Written by operatorctl {} (launch --script). There is no key in it: keys come from the environment.\n\n",
        printable(fmt::format("Starts {}{}.", plan.tool, with)), version());
}

/// `: "${NAME:?...}"` ends the script with a message where the variable is not set, or empty.
std::string checks(const received_plan& plan) {
    std::string out;
    for (const plan_variable& one : references(plan))
        out += fmt::format(": \"${{{}:?is not set; {} comes from it}}\"\n", one.from_env, one.name);
    return out;
}

/// Where the script has the value of a variable that a reference names.
std::string saved_name(const std::string& name) { return "operator_saved_" + name; }

/// The script gives the variable another value than the caller did.
bool is_overwritten(const std::string& name, const std::vector<plan_variable>& all) {
    const auto found = std::ranges::find(all, name, &plan_variable::name);
    return found != all.end() && found->from_env != name;
}

std::string assignment(const plan_variable& one, const std::vector<plan_variable>& all) {
    if (one.from_env.empty()) return fmt::format("export {}={}\n", one.name, shell_quoted(one.value));
    const std::string source = is_overwritten(one.from_env, all) ? saved_name(one.from_env) : one.from_env;
    return fmt::format("export {}=\"${{{}}}\"\n", one.name, source);
}

std::string no_proxy_lines(const std::vector<std::string>& hosts) {
    if (hosts.empty()) return {};
    return fmt::format(
        "case \",${{NO_PROXY-}},${{no_proxy-}},\" in\n"
        "    *,\\*,*) NO_PROXY='*' ;;\n"
        "    *) NO_PROXY=\"${{NO_PROXY:+${{NO_PROXY}},}}${{no_proxy:+${{no_proxy}},}}\"{} ;;\n"
        "esac\n"
        "no_proxy=${{NO_PROXY}}\n"
        "export NO_PROXY no_proxy\n",
        shell_quoted(with_hosts({}, hosts)));
}

std::string home_lines(const private_home& home, const environment& variables) {
    const std::string path = value_in(variables, home.variable).value_or("");
    const std::string settings = shell_quoted(fmt::format("{}/{}/{}", path, home.folder, home.file));
    std::string out = fmt::format(
        "[ -e {} ] || {{ printf '%s\\n' {}' is gone; write this script again with: operatorctl launch --script' >&2; "
        "exit 1; }}\n",
        settings, settings);
    for (const std::string& entry : variables) {
        const std::size_t name = entry.find('=');
        out += fmt::format("export {}={}\n", entry.substr(0, name), shell_quoted(entry.substr(name + 1)));
    }
    return out;
}

std::string start_lines(const received_plan& plan, const std::vector<std::string>& arguments) {
    const std::string tool = shell_quoted(plan.tool);
    std::string command = "exec " + tool;
    for (std::size_t i = 1; i <= plan.argv.size(); ++i) {
        if (i == plan.args_at) command += (arguments.empty() ? "" : ' ' + command_line_text(arguments)) + " \"$@\"";
        if (i < plan.argv.size()) command += ' ' + shell_quoted(plan.argv[i]);
    }
    return fmt::format(
        "command -v {} >/dev/null || {{ printf '%s\\n' {} >&2; exit 127; }}\n{}\n", tool,
        shell_quoted(fmt::format("{}: not found on PATH; install it with: {}", plan.tool, plan.install_hint)), command);
}

/// What the plan sets is not unset, although it may be in its list.
bool is_set(const std::string& name, const received_plan& plan) {
    const bool as_proxy = !plan.no_proxy.empty() && (name == "NO_PROXY" || name == "no_proxy");
    return as_proxy || (plan.home && plan.home->variable == name) ||
           std::ranges::find(plan.env, name, &plan_variable::name) != plan.env.end();
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
    for (const plan_variable& one : effective(plan.env)) set.push_back(shown(one));
    shown_facts lines;
    if (!plan.delegator.empty()) lines.push_back({"delegator", {plan.delegator, tint::strong}});
    lines.push_back({"program", {program ? program->path : plan.tool, tint::strong}});
    if (!plan.model.empty()) lines.push_back({"model", plan.model});
    if (!plan.model_server.empty()) lines.push_back({"model server", plan.model_server});
    if (plan.via == "bridge") lines.push_back({"way", {"through the bridge of operatord"}});
    if (!plan.losses.empty()) lines.push_back({"not there", {fmt::format("{}", fmt::join(plan.losses, ", "))}});
    lines.push_back({"command", {command_line_text(command_line_of(plan, arguments))}});
    add_all(lines, "set", set);
    add_all(lines, "unset", plan.unset);
    if (!plan.no_proxy.empty()) lines.push_back({"no proxy for", {fmt::format("{}", fmt::join(plan.no_proxy, ", "))}});
    if (plan.home)
        lines.push_back({"private home",
                         {fmt::format("{} (your {} with settings on top)", plan.home->variable, plan.home->folder)}});
    lines.push_back({"later", {"operatorctl launch --resume   (in this folder, or with the ID of a session)"}});
    add_all(lines, "warning", obstacles(plan, caller, program), tint::warning);
    return render_facts(lines, how.colour);
}

bool holds_values(const received_plan& plan) {
    return std::ranges::any_of(
        plan.env, [](const plan_variable& one) { return one.from_env.empty() && one.secret && !one.value.empty(); });
}

std::string launch_script(const received_plan& plan, const std::vector<std::string>& arguments,
                          const environment& home) {
    const std::vector<plan_variable> variables = effective(plan.env);
    std::string out = heading(plan) + checks(plan);
    for (const plan_variable& one : references(plan))
        if (is_overwritten(one.from_env, variables))
            out += fmt::format("{}=${{{}}}\n", saved_name(one.from_env), one.from_env);
    out += no_proxy_lines(plan.no_proxy);
    if (plan.home && !home.empty()) out += home_lines(*plan.home, home);
    for (const plan_variable& one : variables) out += assignment(one, variables);
    // Last, since a reference may be to one of these.
    for (const std::string& name : plan.unset)
        if (!is_set(name, plan)) out += fmt::format("unset {}\n", name);
    return out + start_lines(plan, arguments);
}

}  // namespace opd
