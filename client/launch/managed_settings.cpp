#include "client/answers.hpp"
#include "client/launch/launch.hpp"
#include "client/settings_text.hpp"
#include "config/base/ascii.hpp"
#include "config/model/llm_tools.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <system_error>

namespace opd {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t most_bytes = std::size_t{1} << 20;

using keys = std::vector<std::string>;

/// Those of the dotted names that have a value.
keys told(const json::object& settings, std::initializer_list<std::string_view> names) {
    keys out;
    for (const std::string_view name : names) {
        const json::object* at = &settings;
        std::string_view rest = name;
        std::string_view part = next_part(rest, '.');
        for (; !rest.empty() && at != nullptr; part = next_part(rest, '.')) {
            const json::value* const inner = at->if_contains(part);
            at = inner == nullptr ? nullptr : inner->if_object();
        }
        if (at != nullptr && at->contains(part)) out.emplace_back(name);
    }
    return out;
}

keys of_claude(std::string_view text) {
    const auto settings = read_settings(text);
    if (!settings) return {};
    keys out = told(*settings, {"model", "availableModels", "apiKeyHelper", "forceLoginMethod", "forceLoginOrgUUID",
                                "permissions.disableBypassPermissionsMode"});
    for (const auto& [name, value] : object_of(*settings, "env"))
        if (std::string_view(name).starts_with("ANTHROPIC_") || std::string_view(name).starts_with("CLAUDE_CODE_USE_"))
            out.push_back(fmt::format("env.{}", std::string_view(name)));
    return out;
}

/// codex's are read line by line: what leads elsewhere stands outside of all tables.
keys of_codex(std::string_view text) {
    constexpr std::array<std::string_view, 9> wanted{
        "model_provider",       "model",           "openai_base_url", "profile",
        "oss_provider",         "approval_policy", "sandbox_mode",    "allowed_approval_policies",
        "allowed_sandbox_modes"};
    keys out;
    while (!text.empty()) {
        const std::string_view line = trimmed(next_part(text, '\n'));
        if (line.starts_with('[')) break;
        const std::string_view key = trimmed(line.substr(0, line.find('=')));
        if (line.find('=') != line.npos && std::ranges::find(wanted, key) != wanted.end()) out.emplace_back(key);
    }
    return out;
}

keys of_gemini(std::string_view text) {
    const auto settings = read_settings(text);
    if (!settings) return {};
    return told(*settings, {"security.auth.selectedType", "security.auth.enforcedType", "security.disableYoloMode",
                            "model.name", "tools.exclude", "tools.core", "admin"});
}

struct managed_place {
    std::string_view tool, path;  ///< below /etc
    keys (*keys_in)(std::string_view text);
};

constexpr std::array<managed_place, 5> places{{{"claude", "claude-code/managed-settings.json", of_claude},
                                               {"claude", "claude-code/managed-settings.d", of_claude},
                                               {"codex", "codex/managed_config.toml", of_codex},
                                               {"codex", "codex/requirements.toml", of_codex},
                                               {"gemini", "gemini-cli/settings.json", of_gemini}}};

/// The file, or those in the folder, by name.
std::vector<fs::path> files_at(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return {path};
    std::vector<fs::path> out;
    for (fs::directory_iterator at(path, error); !error && at != fs::directory_iterator(); at.increment(error))
        out.push_back(at->path());
    std::ranges::sort(out);
    return out;
}

/// gemini's settings of the system, where a variable names another file than the usual one; empty: none, or our own.
fs::path named_by_variable(const environment& caller) {
    const fs::path named = value_in(caller, "GEMINI_CLI_SYSTEM_SETTINGS_PATH").value_or("");
    const std::string name = named.filename().string();
    const bool ours = std::ranges::any_of(llm_tools(), [&name](const llm_tool& tool) {
        return !name.empty() && (name == tool.settings_file || name == tool.bridge_settings_file);
    });
    return ours ? fs::path() : named;
}

fs::path path_of(const managed_place& place, const environment& caller, const fs::path& etc) {
    const fs::path named = place.tool == "gemini" ? named_by_variable(caller) : fs::path();
    return named.empty() ? etc / place.path : named;
}

}  // namespace

std::vector<managed_setting> find_managed_settings(const environment& caller, const fs::path& etc) {
    std::vector<managed_setting> out;
    for (const managed_place& place : places)
        for (const fs::path& file : files_at(path_of(place, caller, etc)))
            if (const auto text = read_file(file, most_bytes))
                for (std::string& key : place.keys_in(*text))
                    out.push_back({.tool = std::string(place.tool), .file = file.string(), .key = std::move(key)});
    return out;
}

bool has_managed_file(std::string_view tool, const environment& caller, const fs::path& etc) {
    return std::ranges::any_of(places, [&](const managed_place& place) {
        std::error_code ignored;
        return place.tool == tool && fs::exists(path_of(place, caller, etc), ignored);
    });
}

std::string sentence_of(const managed_setting& one) {
    return fmt::format(
        "{}, which an administrator keeps, sets {}: {} obeys that, whatever a launch says, and may go to another "
        "server or "
        "model, or not start",
        one.file, one.key, one.tool);
}

}  // namespace opd
