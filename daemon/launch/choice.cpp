#include "daemon/launch/choice.hpp"

#include "config/field_rules.hpp"
#include "config/suggest.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace opd {
namespace {

using reason = change_refusal::reason;

change_refusal refusal(reason why, std::string message) {
    return {.why = why, .message = std::move(message), .details = {}};
}

change_refusal unknown(std::string_view what, std::string_view name, std::span<const std::string_view> known,
                       std::string_view listed_at) {
    const auto meant = closest_or_part(name, known);
    const std::string next = meant ? did_you_mean(meant) : fmt::format("GET {} lists them", listed_at);
    return refusal(reason::not_found, fmt::format("no {} is called {}; {}", what, in_quotes(name), next));
}

launchable<const llm_tool*> find_tool(std::string_view name) {
    const auto found = llm_tool_named(name);
    if (found) return *found;
    return refusal(reason::not_found, found.error().sentence());
}

launchable<model_server> find_server(const config& from, std::string_view name) {
    const std::vector<model_server> servers = all_servers(from);
    const auto found = std::ranges::find(servers, name, &model_server::name);
    if (found != servers.end()) return *found;
    std::vector<std::string_view> names;
    for (const model_server& known : servers)
        names.push_back(known.name);
    return unknown("model server", name, names, "/api/v1/model-servers");
}

std::string_view api_name(wire_protocol protocol) {
    switch (protocol) {
        case wire_protocol::anthropic:
            return "the Anthropic API";
        case wire_protocol::openai:
            return "the OpenAI API";
        case wire_protocol::google:
            return "the Google Gemini API";
    }
    return {};
}

/// What the tool needs is what its own vendor's server speaks.
std::optional<change_refusal> refuse_protocol(const llm_tool& tool, const model_server& server) {
    const kind& needed = *find_kind(tool.implicit_server);
    if (server.kind->protocol == needed.protocol) return std::nullopt;
    const bool anthropic = needed.protocol == wire_protocol::anthropic;
    const std::string_view bridge = anthropic ? "claude-code-router or litellm" : "litellm";
    const std::string_view bridge_kind = needed.protocol == wire_protocol::openai ? "openai-compat" : needed.slug;
    return refusal(
        reason::conflict,
        fmt::format("{} cannot use model server {}: it speaks {} (its kind is {}), and {} needs {}; run a bridge such "
                    "as {} in front of it, declare the bridge as a model server with kind = {} and its base_url, and "
                    "launch with that",
                    tool.name, in_quotes(server.name), api_name(server.kind->protocol), in_quotes(server.kind->slug),
                    tool.name, api_name(needed.protocol), bridge, in_quotes(bridge_kind)));
}

launchable<launch_choice> choose(const config& from, std::string_view tool, std::string model,
                                 const std::optional<std::string>& server) {
    const auto found_tool = find_tool(tool);
    if (!found_tool) return found_tool.error();
    auto found_server = find_server(from, server ? std::string_view(*server) : (*found_tool)->implicit_server);
    if (!found_server) return found_server.error();
    if (auto refused = refuse_protocol(**found_tool, *found_server)) return *std::move(refused);
    auto root = resolve_base_url(*found_server->kind, found_server->probe_base_url());
    if (!root) return refusal(reason::conflict, root.error().message);
    launch_choice chosen;
    chosen.tool = *found_tool;
    chosen.model = std::move(model);
    chosen.server = *std::move(found_server);
    chosen.root = *std::move(root);
    return chosen;
}

launchable<launch_choice> choose(const config& from, const delegator& by) {
    if (by.remote_agent) {
        return refusal(
            reason::conflict,
            fmt::format("delegator {} stands for a remote agent and can only be exported, not launched here; "
                        "launch another one",
                        in_quotes(by.name)));
    }
    auto chosen = choose(from, by.llm_tool, by.model, by.model_server);
    if (!chosen) {
        change_refusal refused = chosen.error();
        refused.message = fmt::format("delegator {}: {}", in_quotes(by.name), refused.message);
        return refused;
    }
    chosen->by = by;
    return chosen;
}

launchable<launch_choice> choose(const config& from, const std::string& name) {
    const auto found = std::ranges::find(from.delegators, name, &delegator::name);
    if (found != from.delegators.end()) return choose(from, *found);
    std::vector<std::string_view> names;
    for (const delegator& known : from.delegators)
        names.push_back(known.name);
    return unknown("delegator", name, names, "/api/v1/delegators");
}

/// Null: none.
const delegator* default_delegator(const config& from) {
    std::vector<const delegator*> candidates;
    for (const delegator& one : from.delegators) {
        if (!one.remote_agent) candidates.push_back(&one);
    }
    if (candidates.size() == 1) return candidates.front();
    const auto& preferred = from.llm_tools;
    std::erase_if(candidates, [&](const delegator* one) { return one->llm_tool != preferred.default_tool; });
    if (candidates.empty()) return nullptr;
    std::ranges::reverse(candidates);
    const auto same_model = [&](const delegator* one) { return one->model == preferred.default_model; };
    const auto found = std::ranges::find_if(candidates, same_model);
    return found == candidates.end() ? candidates.front() : *found;
}

launchable<launch_choice> choose_default(const config& from) {
    if (const delegator* by = default_delegator(from)) return choose(from, *by);
    const auto& preferred = from.llm_tools;
    if (!preferred.default_tool.empty() && !preferred.default_model.empty()) {
        return choose(from, preferred.default_tool, preferred.default_model, std::nullopt);
    }
    return refusal(reason::not_found,
                   "there is no default to launch: neither is there one delegator only, or one for the default tool, "
                   "nor does [llm_tools] name both a default_tool and a default_model; name a delegator, or a tool "
                   "and a model");
}

/// What the two forms do not allow.
std::optional<change_refusal> refuse_form(const launch_request& asked) {
    const auto invalid = [](std::string_view field, std::string_view fault, std::string_view message) {
        return change_refusal{.why = reason::invalid,
                              .message = std::string(message),
                              .details = {{.field = std::string(field), .message = std::string(fault)}}};
    };
    if (asked.delegator && (asked.llm_tool || asked.model || asked.model_server)) {
        return invalid("delegator", "is one way, llm_tool, model and model_server are the other",
                       "a launch names either a delegator, or an llm_tool with a model; not both");
    }
    if (asked.llm_tool && !asked.model) {
        return invalid("model", "is missing", "an llm_tool needs a model: name both, or a delegator");
    }
    if (!asked.llm_tool && (asked.model || asked.model_server)) {
        return invalid(
            "llm_tool", "is missing",
            fmt::format("a {} needs an llm_tool: name both, or a delegator", asked.model ? "model" : "model_server"));
    }
    return std::nullopt;
}

}  // namespace

launchable<launch_choice> choose_launch(const config& from, const launch_request& asked) {
    if (auto refused = refuse_form(asked)) return *std::move(refused);
    if (asked.delegator) return choose(from, *asked.delegator);
    if (asked.llm_tool) return choose(from, *asked.llm_tool, *asked.model, asked.model_server);
    return choose_default(from);
}

}  // namespace opd
