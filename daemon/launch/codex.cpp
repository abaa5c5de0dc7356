// Codex CLI 0.169.0

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"
#include "config/toml/writer.hpp"
#include "daemon/launch/plan.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>

namespace json = boost::json;

namespace opd::launch {
namespace {

constexpr std::array<std::string_view, 3> foreign{"OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"};

// ~/.codex/.env beats the environment, but not for names with this beginning: a vendor's key in that file would go to
// the server as OPENAI_API_KEY.
constexpr std::string_view key_variable_name = "CODEX_OPERATOR_KEY";

constexpr std::array<permission_word, 7> permissions{
    {{"default", ""},
     {"acceptEdits", "--sandbox workspace-write --ask-for-approval on-request"},
     {"plan", "--sandbox read-only --ask-for-approval on-request"},
     {"bypassPermissions", "--dangerously-bypass-approvals-and-sandbox"},
     {"read-only", "--sandbox read-only"},
     {"workspace-write", "--sandbox workspace-write"},
     {"danger-full-access", "--sandbox danger-full-access"}}};

/// A session is kept with the id of its provider, and goes on with that one alone: each server has its own, always the
/// same. The tables of config.toml and of the command line are merged: a name that nobody else uses.
std::string provider_of(const model_server& server) {
    std::string id = "operatord-";
    for (const char c : server.name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        id += plain ? std::string(1, c) : fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
    return id;
}

/// `-c KEY=VALUE`, the value in TOML.
template <class T>
void configure(launch_plan& plan, std::string_view key, const T& value) {
    const toml_style compact{.equals = "=", .padding = ""};
    add_arguments(plan.argv, {"-c", fmt::format("{}={}", key, write_value(json::value(value), compact))});
}

void add_provider(const recipe_input& from, launch_plan& plan) {
    const launch_choice& chosen = from.chosen;
    json::object table{{"name", chosen.server.name},
                       {"base_url", agent_base_url(*chosen.server.kind, chosen.root)},
                       {"wire_api", "responses"},
                       {"requires_openai_auth", false},
                       {"supports_websockets", false}};
    if (from.bridged()) {
        table["http_headers"] = json::object{{"X-Operator-Model", percent_encoded(chosen.model)}};
        // What the bridge tells will not be another thing when it is asked again.
        table["request_max_retries"] = 0;
        table["stream_max_retries"] = 0;
        table["stream_idle_timeout_ms"] = 3'000'000;
    }
    if (from.key) {
        table["env_key"] = key_variable_name;
        copy_variable(plan, key_variable_name, *from.key);
    }
    const std::string provider = provider_of(chosen.server);
    configure(plan, "model_provider", provider);
    configure(plan, fmt::format("model_providers.{}", provider), table);
    plan.unset.assign(foreign.begin(), foreign.end());
    if (from.ca_file) set_variable(plan, "CODEX_CA_CERTIFICATE", *from.ca_file);

    for (const auto& [name, value] : chosen.server.extra_env) {
        if (name != chosen.server.kind->agent_base_url_env) continue;
        plan.warnings.push_back(
            fmt::format("codex does not read {} in extra_env of model server {}: it goes to base_url", name,
                        in_quotes(chosen.server.name)));
    }
}

/// On another server than the vendor's: how much the model takes, and none of the vendor's services and the tool that
/// only its servers run.
void add_limits(const recipe_input& from, launch_plan& plan) {
    if (from.listed != nullptr && from.listed->context_length)
        configure(plan, "model_context_window", *from.listed->context_length);
    // A stored login of the vendor's would be refreshed at the vendor's, again and again where that fails.
    configure(plan, "cli_auth_credentials_store", std::string_view("ephemeral"));
    configure(plan, "analytics.enabled", false);
    configure(plan, "check_for_update_on_startup", false);
    configure(plan, "features.plugins", false);
    configure(plan, "features.apps", false);
    configure(plan, "web_search", "disabled");
}

}  // namespace

void add_codex(const recipe_input& from, launch_plan& plan) {
    if (from.chosen.on_server()) add_provider(from, plan);
    // Not --model: that one cannot be given twice, and the caller may want another.
    configure(plan, "model", from.chosen.model);
    if (from.settings.reasoning_effort) configure(plan, "model_reasoning_effort", *from.settings.reasoning_effort);
    if (from.chosen.on_server() && !from.chosen.at_vendor()) add_limits(from, plan);
    if (from.settings.yolo) add_arguments(plan.argv, {"--dangerously-bypass-approvals-and-sandbox"});
    add_permission_mode(from, permissions, plan);
    plan.argv.insert(plan.argv.end(), from.settings.flags.begin(), from.settings.flags.end());
    if (from.settings.resume) add_session(*from.settings.resume, {"resume", "--last"}, "resume", plan);
    plan.args_at = plan.argv.size();
    if (from.settings.prompt) add_arguments(plan.argv, {"--", *from.settings.prompt});
}

}  // namespace opd::launch
