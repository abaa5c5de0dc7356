// Gemini CLI 0.61.0

#include "config/base/utf8.hpp"
#include "daemon/launch/plan.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace json = boost::json;

namespace opd::launch {
namespace {

constexpr std::array<std::string_view, 7> foreign{"GEMINI_API_KEY",
                                                  "GOOGLE_API_KEY",
                                                  "GOOGLE_GENAI_USE_VERTEXAI",
                                                  "GOOGLE_GENAI_USE_GCA",
                                                  "GOOGLE_CLOUD_ACCESS_TOKEN",
                                                  "GOOGLE_VERTEX_BASE_URL",
                                                  "GEMINI_DEFAULT_AUTH_TYPE"};

// A .env file of the user or the project sets what is not there; it cannot replace what is there, even if empty.
constexpr std::array<std::string_view, 3> emptied{"GEMINI_CLI_CUSTOM_HEADERS", "GEMINI_API_KEY_AUTH_MECHANISM",
                                                  "GOOGLE_GENAI_API_VERSION"};

constexpr std::array<permission_word, 6> permissions{{{"default", "--approval-mode default"},
                                                      {"acceptEdits", "--approval-mode auto_edit"},
                                                      {"plan", "--approval-mode plan"},
                                                      {"bypassPermissions", "--approval-mode yolo"},
                                                      {"auto_edit", "--approval-mode auto_edit"},
                                                      {"yolo", "--approval-mode yolo"}}};

// As a prompt these would be run.
constexpr std::array<std::string_view, 8> commands{"extension", "extensions", "gemma", "hook",
                                                   "hooks",     "mcp",        "skill", "skills"};

/// What it must find in a settings file to talk to another server than Google's: also the content of
/// gemini-settings.json, and of gemini-bridge-settings.json. Nobody searches the web at the other end of the bridge.
json::object gemini_settings(bool bridged) {
    json::object out{
        {"security",
         {{"auth", {{"selectedType", "gemini-api-key"}, {"enforcedType", "gemini-api-key"}, {"useExternal", false}}}}},
        {"privacy", {{"usageStatisticsEnabled", false}}},
        {"telemetry", {{"enabled", false}}},
        {"general", {{"enableAutoUpdate", false}, {"enableAutoUpdateNotification", false}}}};
    if (bridged) out.emplace("tools", json::object{{"exclude", json::array{"google_web_search"}}});
    return out;
}

/// The name stands in a path, which gemini builds without an eye for it.
bool is_carried(std::string_view model) {
    return std::ranges::all_of(model, [](unsigned char c) {
        return c > ' ' && c < 0x7F && std::string_view("#?&%").find(static_cast<char>(c)) == std::string_view::npos;
    });
}

/// The model, or what stands for it: through the bridge a header brings the name.
std::string_view carried_model(const recipe_input& from, launch_plan& plan) {
    const std::string& model = from.chosen.model;
    if (is_carried(model)) return model;
    if (from.bridged()) return "operator-model";
    plan.warnings.push_back(
        fmt::format("gemini cannot ask for the model {} itself, since it breaks at blanks, #, ?, &, % and letters "
                    "beyond ASCII; launch it with --bridge",
                    in_quotes(model)));
    return model;
}

void add_environment(const recipe_input& from, launch_plan& plan) {
    plan.unset.assign(foreign.begin(), foreign.end());
    for (const std::string_view name : emptied) set_variable(plan, name, "");
    if (from.bridged()) set_variable(plan, "GEMINI_CLI_CUSTOM_HEADERS", model_header(from.chosen));
    set_variable(plan, "GEMINI_MODEL", carried_model(from, plan));
    if (!from.key) set_variable(plan, "GEMINI_API_KEY", no_key);
    if (from.ca_file) set_variable(plan, "NODE_EXTRA_CA_CERTS", *from.ca_file);
    if (from.settings_file) {
        set_variable(plan, "GEMINI_CLI_SYSTEM_SETTINGS_PATH", *from.settings_file);
    } else {
        plan.home = private_home{.variable = "GEMINI_CLI_HOME",
                                 .folder = ".gemini",
                                 .file = "settings.json",
                                 .settings = gemini_settings(from.bridged()),
                                 .shared = {"tmp", "history"},  // its sessions
                                 .names = {{"GEMINI_CLI_TRUSTED_FOLDERS_PATH", "trustedFolders.json"}}};
    }
}

/// Before all options, since some of them take every word that follows.
void add_prompt(const std::string& prompt, launch_plan& plan) {
    const bool is_misread = prompt.starts_with('-') || std::ranges::find(commands, prompt) != commands.end();
    plan.argv.push_back(is_misread ? "--prompt-interactive=" + prompt : prompt);
}

}  // namespace

void add_gemini(const recipe_input& from, launch_plan& plan) {
    if (from.settings.prompt) add_prompt(*from.settings.prompt, plan);
    if (from.chosen.on_server())
        add_environment(from, plan);
    else
        add_option(plan.argv, "--model", from.chosen.model);
    // In a folder that is not trusted, gemini takes permissions back.
    if (from.settings.yolo) add_arguments(plan.argv, {"--yolo", "--skip-trust"});
    add_permission_mode(from, permissions, plan);
    if (from.settings.reasoning_effort)
        plan.warnings.emplace_back("model_properties.reasoning_effort is not passed on: gemini has no option for it");
    if (from.settings.resume) add_session(*from.settings.resume, {"--resume", "latest"}, "--resume", plan);
    plan.argv.insert(plan.argv.end(), from.settings.flags.begin(), from.settings.flags.end());
    plan.args_at = plan.argv.size();
}

}  // namespace opd::launch
