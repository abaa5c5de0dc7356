#include "client/doctor/facts.hpp"
#include "client/file.hpp"
#include "client/json_fields.hpp"
#include "config/base/ascii.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::size_t most_bytes = std::size_t{1} << 20;

/// A settings file as its agent would read it: comments are allowed. Empty: it is no object.
json::object read_settings(std::string_view text) {
    json::parse_options lenient;
    lenient.allow_comments = true;
    lenient.allow_trailing_commas = true;
    json::error_code error;
    const json::value whole = json::parse({text.data(), text.size()}, error, {}, lenient);
    const json::object* object = error ? nullptr : whole.if_object();
    return object != nullptr ? *object : json::object();
}

/// The lines of a text, blanks around them cut off.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        std::string_view line = next_part(text, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        out.push_back(trimmed(line));
    }
    return out;
}

/// The folder that a variable names, else one in the home; empty: there is none.
std::string folder_of(const environment& variables, std::string_view variable, std::string_view in_home) {
    if (auto named = value_in(variables, variable); named && named->starts_with('/')) return *named;
    const auto home = value_in(variables, "HOME");
    return home && home->starts_with('/') ? *home + std::string(in_home) : std::string();
}

}  // namespace

std::vector<std::string> settings_of_claude(std::string_view text) {
    const json::object settings = read_settings(text);
    std::vector<std::string> out;
    const json::object& env = object_of(settings, "env");
    for (const auto& entry : env) {
        const std::string_view name(entry.key().data(), entry.key().size());
        if (name.starts_with("ANTHROPIC_") || name.starts_with("CLAUDE_CODE_USE_"))
            out.push_back(fmt::format("env.{}", name));
    }
    if (!text_of(settings, "apiKeyHelper").empty()) out.emplace_back("apiKeyHelper");
    return out;
}

std::vector<std::string> settings_of_gemini(std::string_view text) {
    const json::object settings = read_settings(text);
    const json::object& auth = object_of(object_of(settings, "security"), "auth");
    if (!text_of(auth, "selectedType").empty()) return {"security.auth.selectedType"};
    return {};
}

std::vector<std::string> settings_of_codex(std::string_view text) {
    constexpr std::array<std::string_view, 4> wanted{"model_provider", "openai_base_url", "profile", "oss_provider"};
    std::vector<std::string> out;
    std::string table;
    for (const std::string_view line : lines_of(text)) {
        if (line.starts_with('[')) {
            table = trimmed(line.substr(1, line.find(']') - 1));
            continue;
        }
        const std::string_view key = trimmed(line.substr(0, line.find('=')));
        const bool is_profile = table.starts_with("profiles.");
        if (line.find('=') == line.npos || (!table.empty() && !is_profile)) continue;
        if (std::ranges::find(wanted, key) == wanted.end()) continue;
        out.push_back(is_profile ? fmt::format("{}.{}", table, key) : std::string(key));
    }
    return out;
}

std::vector<std::string> variables_of_codex(std::string_view text) {
    std::vector<std::string> out;
    for (std::string_view line : lines_of(text)) {
        if (line.starts_with("export ")) line = trimmed(line.substr(7));
        if (line.find('=') == line.npos) continue;
        const std::string_view name = trimmed(line.substr(0, line.find('=')));
        if (name.starts_with("OPENAI_") || name.starts_with("CODEX_")) out.emplace_back(name);
    }
    return out;
}

std::vector<own_setting> find_own_settings(const environment& variables) {
    std::vector<own_setting> out;
    const auto look = [&out](const char* tool, const std::string& folder, const char* name, auto keys_of) {
        if (folder.empty()) return;
        const std::string file = fmt::format("{}/{}", folder, name);
        const auto text = read_file(file, most_bytes);
        if (!text) return;
        for (std::string& key : keys_of(*text)) out.push_back({.tool = tool, .file = file, .key = std::move(key)});
    };
    const std::string codex = folder_of(variables, "CODEX_HOME", "/.codex");
    const std::string gemini = folder_of(variables, "GEMINI_CLI_HOME", "");
    look("claude", folder_of(variables, "CLAUDE_CONFIG_DIR", "/.claude"), "settings.json", settings_of_claude);
    look("codex", codex, "config.toml", settings_of_codex);
    look("codex", codex, ".env", variables_of_codex);
    look("gemini", gemini, ".gemini/settings.json", settings_of_gemini);
    return out;
}

}  // namespace opd
