#include "client/doctor/checks.hpp"
#include "config/model/llm_tools.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd {
namespace {

const char* const path_remedy =
    "add its folder to PATH in ~/.config/operator/operatord.env, and: systemctl --user restart operatord.service";

finding of_found(const tool_answer& tool, const llm_tool& known) {
    const auto update = [&known] { return fmt::format("update it with: {}", known.install_hint); };
    if (!tool.version_error.empty())
        return {severity::warning, "agent", fmt::format("{}: {}", tool.name, tool.version_error),
                fmt::format("try: {} --version", tool.path)};
    if (!tool.version_ok.value_or(true))
        return {severity::warning, "agent",
                fmt::format("{} is of version {}, older than {}, the oldest that launching was tried with", tool.name,
                            tool.version, tool.min_version),
                update()};
    return {severity::ok,
            "agent",
            fmt::format("{}, {}", tool.path, tool.version.empty() ? "version unknown" : "version " + tool.version),
            {}};
}

finding of_missing(const llm_tool& known, bool is_needed) {
    return {is_needed ? severity::problem : severity::ok, "agent",
            fmt::format("{} is not installed{}", known.name, is_needed ? ", but is to be launched" : ""),
            is_needed ? fmt::format("install it with: {}", known.install_hint) : std::string()};
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
            out.push_back({severity::ok, "agent", here->second, {}});
    }
    if (facts.tools.empty() && facts.on_path.empty() && facts.needed.empty())
        out.push_back({severity::problem, "agent", "no agent is installed that could be launched",
                       fmt::format("install one, for example with: {}", llm_tools().front().install_hint)});
    return out;
}

}  // namespace

findings check_agents(const agent_facts& facts) {
    findings out = of_tools(facts);
    for (const own_setting& setting : facts.settings)
        out.push_back({severity::warning, "settings",
                       fmt::format("{} sets {}: that counts for {}, whatever its environment says, unless operatorctl "
                                   "launch starts it on a server of yours",
                                   setting.file, setting.key, setting.tool),
                       fmt::format("start it with operatorctl launch, or take {} out", setting.key)});
    return out;
}

}  // namespace opd
