#include "config/model/llm_tools.hpp"

#include <algorithm>
#include <array>

namespace opd {
namespace {

constexpr std::array<std::string_view, 3> claude_models{"opus", "sonnet", "haiku"};
// Codex has no aliases: these are names in its own catalogue.
constexpr std::array<std::string_view, 3> codex_models{"gpt-6.1-sol", "gpt-6-astra", "gpt-6-luna"};
constexpr std::array<std::string_view, 4> gemini_models{"auto", "pro", "flash", "flash-lite"};
// gemini 0.61.0 would start itself twice, and tidy up and leave files in its home.
constexpr std::array<std::string_view, 2> gemini_version_env{"GEMINI_CLI_NO_RELAUNCH=true",
                                                             "GEMINI_CLI_HOME=/dev/null"};

constexpr std::array<llm_tool, 3> table{{
    {.name = "claude",
     .implicit_server = "anthropic-api",
     .model_aliases = claude_models,
     .min_version = "2.1.330",
     .install_hint = "npm install -g @anthropic-ai/claude-code"},
    {.name = "codex",
     .implicit_server = "openai-api",
     .model_aliases = codex_models,
     .min_version = "0.169.0",
     .install_hint = "npm install -g @openai/codex"},
    {.name = "gemini",
     .implicit_server = "google-api",
     .model_aliases = gemini_models,
     .min_version = "0.61.0",
     .install_hint = "npm install -g @google/gemini-cli",
     .version_env = gemini_version_env,
     .settings_file = "gemini-settings.json",
     .bridge_settings_file = "gemini-bridge-settings.json"},
}};

}  // namespace

std::span<const llm_tool> llm_tools() { return table; }

const llm_tool* find_llm_tool(std::string_view name) {
    const auto* found = std::ranges::find(table, name, &llm_tool::name);
    return found == table.end() ? nullptr : found;
}

}  // namespace opd
