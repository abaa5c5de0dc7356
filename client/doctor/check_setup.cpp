#include "client/answers.hpp"
#include "client/doctor/doctor.hpp"
#include "config/base/diagnostic.hpp"
#include "config/model/llm_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace opd {
namespace {

namespace json = boost::json;

constexpr const char* correct = "correct the file; operatord reads it again by itself";

void add_diagnostics(findings& into, severity how_bad, const json::object& report, std::string_view which) {
    for (const json::object* from : objects_of(report, which)) {
        diagnostic told;
        told.file = text_of(report, "file");
        told.line = number_of(*from, "line").value_or(0);
        told.column = number_of(*from, "column").value_or(0);
        told.message = text_of(*from, "message");
        const std::string hint = text_of(*from, "hint");
        into.push_back({how_bad, "configuration", told.headline(), hint.empty() ? correct : hint});
    }
}

/// The report of `operatord --check-config --json`.
void add_report(findings& into, const json::object& report) {
    add_diagnostics(into, severity::warning, report, "warnings");
    add_diagnostics(into, severity::problem, report, "errors");
    if (!flag_of(report, "ok").value_or(false)) return;
    const bool exists = flag_of(report, "exists").value_or(true);
    into.push_back({severity::ok, "configuration",
                    fmt::format("{}: {}, {} model servers, {} delegators, {} warnings", text_of(report, "file"),
                                exists ? "ok" : "not there, so the defaults are in force",
                                number_of(report, "model_servers").value_or(0),
                                number_of(report, "delegators").value_or(0), objects_of(report, "warnings").size())});
}

const char* const path_remedy =
    "add its folder to PATH in ~/.config/operator/operatord.env, and: systemctl --user restart operatord.service";

finding of_found(const tool_answer& tool, const llm_tool& known) {
    if (!tool.version_error.empty())
        return {severity::warning, "agent", fmt::format("{}: {}", tool.name, tool.version_error),
                fmt::format("try: {} --version", tool.path)};
    if (!tool.version_ok.value_or(true))
        return {severity::warning, "agent",
                fmt::format("{} is of version {}, older than {}, the oldest that launching was tried with", tool.name,
                            tool.version, tool.min_version),
                fmt::format("update it with: {}", known.install_hint)};
    return {severity::ok, "agent",
            fmt::format("{}, {}", tool.path, tool.version.empty() ? "version unknown" : "version " + tool.version)};
}

finding of_missing(const llm_tool& known, bool is_needed) {
    return {is_needed ? severity::problem : severity::ok, "agent",
            fmt::format("{} is not installed{}", known.name, is_needed ? ", but is to be launched" : ""),
            is_needed ? fmt::format("install it with: {}", known.install_hint) : std::string()};
}

finding of_setting(const own_setting& setting) {
    if (setting.tool == "codex" && setting.key == "profile")
        return {severity::problem, "settings",
                fmt::format("{} sets profile, with which codex no longer starts", setting.file),
                "take it out, and call codex with --profile NAME, whose settings are in NAME.config.toml"};
    return {
        severity::warning, "settings",
        fmt::format("{} sets {}: that counts for {}, whatever its environment says, unless operatorctl launch starts "
                    "it on a server of yours",
                    setting.file, setting.key, setting.tool),
        fmt::format("start it with operatorctl launch, or take {} out", setting.key)};
}

findings of_tools(const agent_facts& facts) {
    findings out;
    for (const llm_tool& known : llm_tools()) {
        const std::string name(known.name);
        const auto found = std::ranges::find(facts.tools, name, &tool_answer::name);
        const auto here = facts.on_path.find(name);
        if (found != facts.tools.end())
            out.push_back(of_found(*found, known));
        else if (here == facts.on_path.end())
            out.push_back(of_missing(known, facts.needed.contains(name)));
        else if (facts.daemon_tells)
            out.push_back(
                {severity::warning, "agent", fmt::format("{} is not found by operatord", here->second), path_remedy});
        else
            out.push_back({severity::ok, "agent", here->second});
    }
    if (facts.tools.empty() && facts.on_path.empty() && facts.needed.empty())
        out.push_back({severity::problem, "agent", "no agent is installed that could be launched",
                       fmt::format("install one, for example with: {}", llm_tools().front().install_hint)});
    return out;
}

}  // namespace

findings check_configuration(const config_facts& facts) {
    findings out;
    if (!facts.running_error.empty())
        out.push_back({severity::problem, "configuration",
                       fmt::format("{} (the configuration before it stays in force)", facts.running_error), correct});
    // What the daemon has said already is not said again.
    const bool is_known = !facts.running_error.empty() && facts.check && facts.check->exit_code != 0;
    const auto report = facts.check && !is_known ? parse_json(facts.check->out) : std::nullopt;
    if (report && report->is_object()) add_report(out, report->get_object());
    if (out.empty() && !facts.path.empty()) out.push_back({severity::ok, "configuration", facts.path});
    return out;
}

findings check_agents(const agent_facts& facts) {
    findings out = of_tools(facts);
    for (const own_setting& setting : facts.settings) out.push_back(of_setting(setting));
    for (const managed_setting& setting : facts.managed)
        out.push_back(
            {severity::warning, "settings", sentence_of(setting), "ask the administrator what is allowed here"});
    return out;
}

}  // namespace opd
