#include "daemon/launch/plan.hpp"

#include "config/base/ascii.hpp"
#include "config/base/paths.hpp"
#include "config/base/utf8.hpp"
#include "daemon/tools/installed_tools.hpp"
#include "daemon/wire/document.hpp"
#include "probes/key_policy.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace json = boost::json;

namespace opd::launch {
namespace {

change_refusal conflict(std::string message) {
    return {.why = change_refusal::reason::conflict, .message = std::move(message)};
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

/// The agents send even what stays on this machine, or near it, to a proxy, which could not reach it.
std::vector<std::string> no_proxy_for(const api_root& root) {
    const network_scope scope = scope_of(root.host);
    std::vector<std::string> hosts;
    if (scope == network_scope::loopback) hosts = {"127.0.0.1", "localhost"};
    if (scope != network_scope::internet && std::ranges::find(hosts, root.host) == hosts.end())
        hosts.push_back(root.host);
    return hosts;
}

/// The environment of the contract comes first and extra_env last, so that it wins; a variable that is set is not
/// unset.
void complete(launch_plan& plan, const launch_choice& chosen) {
    std::vector<env_entry> env = server_env(chosen.server, chosen.root);
    std::ranges::move(plan.env, std::back_inserter(env));
    std::ranges::move(extra_env(chosen.server), std::back_inserter(env));
    // One header of auth is enough, and claude asks about a key that is in this one.
    if (chosen.via == way::bridge && find_entry(env, "ANTHROPIC_AUTH_TOKEN") != nullptr)
        std::erase_if(env, [](const env_entry& one) { return one.name == "ANTHROPIC_API_KEY"; });
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
    json::object names;
    for (const auto& [variable, file] : home->names) names[variable] = file;
    return {{"variable", home->variable},
            {"folder", home->folder},
            {"file", home->file},
            {"settings", home->settings},
            {"shared", json::value_from(home->shared)},
            {"names", std::move(names)}};
}

std::string_view spoken(wire_protocol protocol) {
    switch (protocol) {
        case wire_protocol::anthropic: return "messages";
        case wire_protocol::openai: return "responses";
        case wire_protocol::google: return "generate";
    }
    return {};
}

/// The server as the agent sees it through the bridge: one of the agent's own vendor, with the key of the real one.
launchable<launch_choice> bridged(const launch_choice& chosen, const launch_context& context) {
    if (!context.bridge_origin)
        return conflict(fmt::format(
            "{} reaches model server {} through the bridge of operatord only, and operatord does not listen on TCP; "
            "start it without --listen none",
            chosen.tool->name, in_quotes(chosen.server.name)));
    const kind& native = *find_kind(chosen.tool->implicit_server);
    constexpr std::array<std::string_view, 3> surfaces{"anthropic", "openai/v1", "gemini"};
    const std::string url = fmt::format("{}/bridge/{}/{}", *context.bridge_origin, percent_encoded(chosen.server.name),
                                        surfaces.at(static_cast<std::size_t>(native.protocol)));
    launch_choice seen = chosen;
    if (const std::string_view variable = key_variable(chosen.server, chosen.root); !variable.empty())
        seen.server.api_key_env = variable;
    seen.server.kind = &native;
    seen.server.base_url = url;
    seen.server.ca_file.reset();
    const auto root = resolve_base_url(native, url);
    if (!root) return conflict(root.error().message);
    seen.root = *root;
    return seen;
}

constexpr std::uint64_t least_context = 32'768;

/// Agents begin with ten thousand tokens and more.
std::optional<std::string> small_context(const launch_choice& chosen, const model* listed) {
    if (listed == nullptr || !listed->context_length || *listed->context_length >= least_context) return std::nullopt;
    const bool ollama = chosen.server.kind->dialect == listing_dialect::ollama;
    return fmt::format("the context of {} is {} tokens, too few for {}; {}", in_quotes(chosen.model),
                       *listed->context_length, chosen.tool->name,
                       ollama ? "raise it: OLLAMA_CONTEXT_LENGTH=65536 ollama serve"
                              : "raise it where the server is started, to 65536 or more");
}

}  // namespace

launchable<launch_plan> plan_launch(const launch_choice& chosen, const launch_request& asked,
                                    const launch_context& context) {
    const auto settings = read_settings(chosen, asked);
    if (!settings) return settings.error();
    launch_plan plan;
    plan.tool = chosen.tool;
    plan.argv.emplace_back(chosen.tool->name);
    plan.model_server = chosen.server.name;
    plan.model = chosen.model;
    plan.warnings = settings->warnings;
    if (auto warning = is_outdated(*chosen.tool, context.tool_version)) plan.warnings.push_back(*std::move(warning));
    if (chosen.by) plan.delegator = chosen.by->name;

    plan.via = chosen.via;
    plan.protocol = chosen.via == way::bridge && chosen.server.kind->protocol == wire_protocol::openai
                        ? "chat"
                        : spoken(chosen.server.kind->protocol);
    launch_choice seen = chosen;
    if (chosen.via == way::bridge) {
        auto through = bridged(chosen, context);
        if (!through) return through.error();
        seen = *std::move(through);
        plan.losses.emplace_back("web search");
    }
    recipe_input from{.chosen = seen,
                      .settings = *settings,
                      .key = std::nullopt,
                      .listed = nullptr,
                      .ca_file = std::nullopt,
                      .settings_file = context.settings_file,
                      .version = context.tool_version};
    if (chosen.on_server()) {
        from.key = agent_key(seen.server, seen.root);
        if (auto refused = refuse_key(chosen, from.key)) return *std::move(refused);
        if (context.push_keys && is_ours(chosen, from.key)) plan.push_keys.push_back(from.key->text);
        auto concerns = preflight(chosen, context.server, asked.force);
        if (!concerns) return concerns.error();
        std::ranges::move(*concerns, std::back_inserter(plan.warnings));
        from.listed = find_model(context.server, *chosen.server.kind, chosen.model);
        if (auto warning = small_context(chosen, from.listed)) plan.warnings.push_back(*std::move(warning));
        from.ca_file = ca_file_of(seen.server, context.home);
    }
    const recipe add = recipe_of(*chosen.tool);
    if (add == nullptr) return conflict(fmt::format("there is no recipe to launch {}", chosen.tool->name));
    add(from, plan);
    if (chosen.on_server()) complete(plan, seen);
    if (has_nul(plan))
        return conflict("a model, flag or variable holds a NUL character, which no program can be given");
    return plan;
}

std::string encode_plan(const launch_plan& plan, bool reveal_env) {
    json::array env;
    for (const env_entry& entry : plan.env) env.push_back(encode_entry(entry, reveal_env));
    const json::value by = plan.delegator ? json::value(*plan.delegator) : json::value(nullptr);
    return json::serialize(json::object{{"tool", plan.tool->name},
                                        {"argv", json::value_from(plan.argv)},
                                        {"env", std::move(env)},
                                        {"unset", json::value_from(plan.unset)},
                                        {"model_server", plan.model_server},
                                        {"model", plan.model},
                                        {"via", to_string(plan.via)},
                                        {"protocol", plan.protocol},
                                        {"losses", json::value_from(plan.losses)},
                                        {"warnings", json::value_from(plan.warnings)},
                                        {"delegator", by},
                                        {"no_proxy", json::value_from(plan.no_proxy)},
                                        {"private_home", encode_home(plan.home)},
                                        {"install_hint", plan.tool->install_hint},
                                        {"args_at", plan.args_at},
                                        {"push_keys", json::value_from(plan.push_keys)}});
}

}  // namespace opd::launch
