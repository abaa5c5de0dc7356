// Claude Code 2.1.330

#include "daemon/launch/plan.hpp"
#include "daemon/tools/installed_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace opd::launch {
namespace {

// Keys and logins that would go to the server, and switches that lead elsewhere or name models that it does not have.
constexpr std::array<std::string_view, 21> foreign{"ANTHROPIC_API_KEY",
                                                   "ANTHROPIC_AUTH_TOKEN",
                                                   "CLAUDE_CODE_OAUTH_TOKEN",
                                                   "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
                                                   "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
                                                   "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
                                                   "CLAUDE_CODE_HOST_AUTH_ENV_VAR",
                                                   "CLAUDE_CODE_HOST_CREDS_FILE",
                                                   "ANTHROPIC_CUSTOM_HEADERS",
                                                   "ANTHROPIC_UNIX_SOCKET",
                                                   "CLAUDE_CODE_USE_BEDROCK",
                                                   "CLAUDE_CODE_USE_VERTEX",
                                                   "CLAUDE_CODE_USE_FOUNDRY",
                                                   "CLAUDE_CODE_USE_ANTHROPIC_AWS",
                                                   "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
                                                   "CLAUDE_CODE_USE_MANTLE",
                                                   "CLAUDE_CODE_USE_GATEWAY",
                                                   "ANTHROPIC_DEFAULT_MODEL",
                                                   "ANTHROPIC_SMALL_FAST_MODEL",
                                                   "CLAUDE_CODE_SUBAGENT_MODEL",
                                                   "CLAUDE_CODE_EXTRA_BODY"};

// Another server knows one model of ours, whatever Claude Code calls for.
constexpr std::array<std::string_view, 4> model_roles{"ANTHROPIC_DEFAULT_OPUS_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL",
                                                      "ANTHROPIC_DEFAULT_HAIKU_MODEL", "ANTHROPIC_DEFAULT_FABLE_MODEL"};

// As a prompt these would be run, behind `--` too.
constexpr std::array<std::string_view, 22> commands{
    "agents",  "attach",      "auth", "auto-mode",   "doctor", "gateway", "help",  "import",
    "install", "kill",        "logs", "mcp",         "plugin", "plugins", "purge", "respawn",
    "rm",      "setup-token", "stop", "ultrareview", "update", "upgrade"};

void add_environment(const recipe_input& from, launch_plan& plan) {
    plan.unset.assign(foreign.begin(), foreign.end());
    // Without it, `env` and apiKeyHelper in settings files beat the environment, and a stored login goes to the server.
    set_variable(plan, "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST", "1");
    set_variable(plan, "ANTHROPIC_MODEL", from.chosen.model);
    if (from.ca_file) set_variable(plan, "NODE_EXTRA_CA_CERTS", *from.ca_file);
    if (from.chosen.at_vendor()) return;

    // ANTHROPIC_API_KEY is asked about in the terminal ("No" is the default there, and is remembered); this is not, and
    // carries on. Without either Claude Code does not start.
    if (from.key)
        copy_variable(plan, "ANTHROPIC_AUTH_TOKEN", *from.key);
    else
        set_variable(plan, "ANTHROPIC_AUTH_TOKEN", no_key);
    for (const std::string_view role : model_roles) set_variable(plan, role, from.chosen.model);
    if (from.listed != nullptr && from.listed->context_length)
        set_variable(plan, "CLAUDE_CODE_MAX_CONTEXT_TOKENS", std::to_string(*from.listed->context_length));
    if (from.listed != nullptr && from.listed->max_output_tokens)
        set_variable(plan, "CLAUDE_CODE_MAX_OUTPUT_TOKENS", std::to_string(*from.listed->max_output_tokens));
    set_variable(plan, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    // A line that differs in each session would lead the prompt, and no prefix cache would ever be hit.
    set_variable(plan, "CLAUDE_CODE_ATTRIBUTION_HEADER", "0");
    set_variable(plan, "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL", "1");
    if (!from.bridged()) return;
    set_variable(plan, "ANTHROPIC_CUSTOM_HEADERS", model_header(from.chosen));
    // An error within a stream would have the whole turn asked again. A local server may take its time.
    set_variable(plan, "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK", "1");
    set_variable(plan, "API_TIMEOUT_MS", "3000000");
}

/// The tool's own default lets a service of the vendor judge each step, which interrupts on other servers. The mode
/// that asks the user has another name in newer versions (listed by 2.1.326, which still takes the old one).
std::string_view asking_mode(const recipe_input& from) {
    return tools::is_at_least(from.version, "2.1.326").value_or(false) ? "manual" : "default";
}

void add_permissions(const recipe_input& from, launch_plan& plan) {
    // It is a request of its own to the vendor's server.
    if (from.bridged()) add_arguments(plan.argv, {"--disallowedTools=WebSearch"});
    if (from.settings.yolo) {
        add_arguments(plan.argv, {"--dangerously-skip-permissions"});
    } else if (from.settings.permission_mode) {
        const std::string& mode = *from.settings.permission_mode;
        add_option(plan.argv, "--permission-mode", mode == "default" ? asking_mode(from) : std::string_view(mode));
    } else if (from.chosen.on_server() && !from.chosen.at_vendor()) {
        add_arguments(plan.argv, {"--permission-mode", asking_mode(from)});
    }
}

}  // namespace

void add_claude(const recipe_input& from, launch_plan& plan) {
    if (from.chosen.on_server())
        add_environment(from, plan);
    else
        add_option(plan.argv, "--model", from.chosen.model);
    // A settings file's `env` goes before the environment, and this variable would put another model into each request.
    if (from.chosen.on_server() && !from.chosen.at_vendor())
        add_arguments(plan.argv, {"--settings", R"({"env":{"CLAUDE_CODE_EXTRA_BODY":""}})"});
    if (from.settings.reasoning_effort) add_option(plan.argv, "--effort", *from.settings.reasoning_effort);
    add_permissions(from, plan);
    if (from.settings.resume) add_session(*from.settings.resume, {"--continue"}, "--resume", plan);
    plan.argv.insert(plan.argv.end(), from.settings.flags.begin(), from.settings.flags.end());
    plan.args_at = plan.argv.size();
    if (!from.settings.prompt) return;
    const std::string& prompt = *from.settings.prompt;
    const bool is_command = std::ranges::find(commands, prompt) != commands.end();
    add_arguments(plan.argv, {"--", is_command ? prompt + ' ' : prompt});
}

}  // namespace opd::launch
