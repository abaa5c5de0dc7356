#include "client/table.hpp"
#include "client/text.hpp"
#include "client/views.hpp"
#include "config/model/llm_tools.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace opd {
namespace {

constexpr const char* unknown = "-";

std::string or_unknown(const std::string& text) { return text.empty() ? unknown : text; }

std::string server_text(const delegator_answer& delegator) {
    if (!delegator.model_server.empty()) return delegator.model_server;
    const llm_tool* tool = find_llm_tool(delegator.llm_tool);
    if (tool == nullptr) return fmt::format("the default of {}", delegator.llm_tool);
    return fmt::format("{} (the default of {})", tool->implicit_server, tool->name);
}

cell version_cell(const tool_answer& tool) {
    if (tool.version_ok.value_or(true)) return {.text = or_unknown(tool.version)};
    return {.text = fmt::format("{} (older than {})", tool.version, tool.min_version), .colour = tint::warning};
}

/// What to do about a version that is too old, or why it is not known.
std::string version_advice(const tool_answer& tool) {
    if (!tool.version_error.empty())
        return fmt::format("{}: {}\n", printable(tool.name), printable(tool.version_error));
    const llm_tool* known = find_llm_tool(tool.name);
    if (tool.version_ok.value_or(true) || known == nullptr) return {};
    return fmt::format("{}: older than {}, the oldest that launching was tried with; update it with: {}\n", tool.name,
                       printable(tool.min_version), known->install_hint);
}

std::string default_line(const default_answer& usual) {
    if (usual.tool.empty() && usual.model.empty()) return "default: none; set one with: operatorctl use SERVER\n";
    const std::string tool = usual.tool.empty() ? "no tool" : printable(usual.tool);
    return fmt::format("default: {} with {}\n", tool, usual.model.empty() ? "no model" : printable(usual.model));
}

}  // namespace

std::string show_delegators(const std::vector<delegator_answer>& delegators, const view& how) {
    if (delegators.empty())
        return "no delegators; make one with: operatorctl use SERVER   (or: operatorctl delegators add)\n";
    std::vector<std::vector<cell>> rows;
    rows.reserve(delegators.size());
    for (const delegator_answer& one : delegators)
        rows.push_back({{.text = one.name},
                        {.text = one.llm_tool},
                        {.text = one.model},
                        {.text = or_unknown(one.model_server)},
                        {.text = one.remote_agent.empty() ? "yes" : "no"}});
    return render_table({{.title = "NAME"},
                         {.title = "TOOL"},
                         {.title = "MODEL"},
                         {.title = "MODEL SERVER"},
                         {.title = "LAUNCHES HERE"}},
                        rows, how.colour);
}

std::string show_delegator(const delegator_answer& one, const view& how) {
    std::vector<std::pair<std::string_view, cell>> facts{{"name", {.text = one.name, .colour = tint::strong}}};
    if (!one.display_name.empty()) facts.push_back({"display name", {.text = one.display_name}});
    facts.push_back({"llm tool", {.text = one.llm_tool}});
    facts.push_back({"model", {.text = one.model}});
    facts.push_back({"model server", {.text = server_text(one)}});
    if (!one.model_properties.empty()) facts.push_back({"properties", {.text = one.model_properties}});
    if (!one.launch_config.empty()) facts.push_back({"launch", {.text = one.launch_config}});
    if (!one.remote_agent.empty())
        facts.push_back({"remote agent", {.text = one.remote_agent + " (cannot be launched here)"}});
    return render_facts(facts, how.colour);
}

std::string show_tools(const std::vector<tool_answer>& tools, const default_answer& usual, const view& how) {
    std::vector<std::vector<cell>> rows;
    std::string advice;
    for (const tool_answer& tool : tools) {
        rows.push_back({{.text = tool.name},
                        version_cell(tool),
                        {.text = or_unknown(tool.path)},
                        {.text = fmt::format("{}", fmt::join(tool.model_aliases, ", "))}});
        advice += version_advice(tool);
    }
    for (const llm_tool& known : llm_tools()) {
        if (std::ranges::find(tools, known.name, &tool_answer::name) != tools.end()) continue;
        rows.push_back({{.text = std::string(known.name)},
                        {.text = unknown},
                        {.text = "not found", .colour = tint::warning},
                        {.text = fmt::format("{}", fmt::join(known.model_aliases, ", "))}});
        advice += fmt::format("{}: not found; install it with: {}\n", known.name, known.install_hint);
    }
    const std::string table = render_table(
        {{.title = "TOOL"}, {.title = "VERSION"}, {.title = "PATH"}, {.title = "MODELS"}}, rows, how.colour);
    return fmt::format("{}\n{}{}", table, advice, default_line(usual));
}

}  // namespace opd
