#include "daemon/launch/plan.hpp"

#include "config/base/paths.hpp"
#include "config/base/utf8.hpp"
#include "daemon/launch/choice.hpp"
#include "daemon/launch/recipe.hpp"
#include "daemon/tools/version_number.hpp"
#include "daemon/wire/document.hpp"
#include "probes/key_policy.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace opd::launch {
namespace {

change_refusal conflict(std::string message) {
    return {.why = change_refusal::reason::conflict, .message = std::move(message), .details = {}};
}

/// The agent's key is the one that the server is probed with; what the user put into extra_env is theirs.
bool is_ours(const launch_choice& chosen, const std::optional<env_entry>& key) {
    return key && key->from == env_entry::source::reference && key->text == key_variable(chosen.server, chosen.root);
}

/// A key that is ours to hand over must not cross the internet in clear.
std::optional<change_refusal> refuse_key(const launch_choice& chosen, const std::optional<env_entry>& key) {
    if (!is_ours(chosen, key) || !would_show_key(chosen.server, chosen.root)) return std::nullopt;
    return conflict(fmt::format(
        "the key in {} would go to {} over the internet in clear; use https in base_url of model server {}{}",
        key->text, chosen.root.origin(), in_quotes(chosen.server.name),
        chosen.server.api_key_env ? ", or set its allow_plaintext_key = true if the way is safe" : ""));
}

/// A warning, where the tool is known to be too old.
std::optional<std::string> is_outdated(const llm_tool& tool, std::string_view version) {
    if (tools::is_at_least(version, tool.min_version).value_or(true)) return std::nullopt;
    return fmt::format("{} {} is older than {}, the oldest that launching was tried with; update it with: {}",
                       tool.name, version, tool.min_version, tool.install_hint);
}

std::optional<std::string> ca_file_of(const model_server& server, const std::string& home) {
    if (!server.ca_file) return std::nullopt;
    return expand_home(*server.ca_file, home);
}

/// The agents send even what stays on this machine to a proxy.
std::vector<std::string> no_proxy_for(const api_root& root) {
    if (scope_of(root.host) != network_scope::loopback) return {};
    std::vector<std::string> hosts{"127.0.0.1", "localhost"};
    if (std::ranges::find(hosts, root.host) == hosts.end()) hosts.push_back(root.host);
    return hosts;
}

/// The environment of the contract comes first and extra_env last, so that it wins; a variable that is set is not
/// unset.
void complete(launch_plan& plan, const launch_choice& chosen) {
    std::vector<env_entry> env = server_env(chosen.server, chosen.root);
    std::ranges::move(plan.env, std::back_inserter(env));
    std::ranges::move(extra_env(chosen.server), std::back_inserter(env));
    plan.env = last_of_each(std::move(env));
    std::erase_if(plan.unset, [&](const std::string& name) { return find_entry(plan.env, name) != nullptr; });
    plan.no_proxy = no_proxy_for(chosen.root);
}

bool has_nul(const launch_plan& plan) {
    const auto holds = [](const std::string& text) { return text.find('\0') != text.npos; };
    return std::ranges::any_of(plan.argv, holds) || std::ranges::any_of(plan.env, holds, &env_entry::text);
}

json::object encode_entry(const env_entry& entry, bool reveal) {
    if (entry.from == env_entry::source::reference) return {{"name", entry.name}, {"from_env", entry.text}};
    const bool is_secret = entry.from == env_entry::source::literal;
    const std::string_view shown = wire::shown_value(entry.text, reveal || !is_secret);
    return {{"name", entry.name}, {"value", shown}, {"secret", is_secret}};
}

json::value encode_home(const std::optional<private_home>& home) {
    if (!home) return nullptr;
    return {{"variable", home->variable}, {"folder", home->folder}, {"file", home->file}, {"settings", home->settings}};
}

json::array encode_texts(const std::vector<std::string>& texts) {
    json::array encoded(texts.begin(), texts.end());
    return encoded;
}

}  // namespace

launchable<launch_plan> plan_launch(const launch_choice& chosen, const launch_request& asked,
                                    const launch_context& context) {
    const auto settings = read_settings(chosen, asked.prompt);
    if (!settings) return settings.error();
    launch_plan plan;
    plan.tool = chosen.tool;
    plan.argv.emplace_back(chosen.tool->name);
    plan.model_server = chosen.server.name;
    plan.model = chosen.model;
    plan.warnings = settings->warnings;
    if (auto warning = is_outdated(*chosen.tool, context.tool_version)) plan.warnings.push_back(*std::move(warning));
    if (chosen.by) plan.delegator = chosen.by->name;

    recipe_input from{.chosen = chosen,
                      .settings = *settings,
                      .key = std::nullopt,
                      .listed = nullptr,
                      .ca_file = std::nullopt,
                      .settings_file = context.settings_file};
    if (chosen.on_server()) {
        from.key = agent_key(chosen.server, chosen.root);
        if (auto refused = refuse_key(chosen, from.key)) return *std::move(refused);
        if (context.push_keys && is_ours(chosen, from.key)) plan.push_keys.push_back(from.key->text);
        auto concerns = preflight(chosen, context.server, asked.force);
        if (!concerns) return concerns.error();
        std::ranges::move(*concerns, std::back_inserter(plan.warnings));
        from.listed = find_model(context.server, *chosen.server.kind, chosen.model);
        from.ca_file = ca_file_of(chosen.server, context.home);
    }
    const recipe add = recipe_of(*chosen.tool);
    if (add == nullptr) return conflict(fmt::format("there is no recipe to launch {}", chosen.tool->name));
    add(from, plan);
    if (chosen.on_server()) complete(plan, chosen);
    if (has_nul(plan))
        return conflict("a model, flag or variable holds a NUL character, which no program can be given");
    return plan;
}

std::string encode_plan(const launch_plan& plan, bool reveal_env) {
    json::array env;
    for (const env_entry& entry : plan.env) env.push_back(encode_entry(entry, reveal_env));
    const json::value by = plan.delegator ? json::value(*plan.delegator) : json::value(nullptr);
    return json::serialize(json::object{{"tool", plan.tool->name},
                                        {"argv", encode_texts(plan.argv)},
                                        {"env", std::move(env)},
                                        {"unset", encode_texts(plan.unset)},
                                        {"model_server", plan.model_server},
                                        {"model", plan.model},
                                        {"warnings", encode_texts(plan.warnings)},
                                        {"delegator", by},
                                        {"no_proxy", encode_texts(plan.no_proxy)},
                                        {"private_home", encode_home(plan.home)},
                                        {"install_hint", plan.tool->install_hint},
                                        {"args_at", plan.args_at},
                                        {"push_keys", encode_texts(plan.push_keys)}});
}

}  // namespace opd::launch
