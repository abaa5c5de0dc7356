// Every kind with every tool, with and without a key: the whole environment and command line that an agent gets from
// the real programs, against tables that were written by hand from the contract and from what the real CLIs do.

#include "tests/e2e/launch_scene.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

using namespace opd::test;
namespace fs = std::filesystem;

namespace {

using lines = std::vector<std::string>;

/// A user who has used everything before: their keys and switches must not get to a server that is not the vendor's.
const process::environment used_shell{{"ANTHROPIC_API_KEY", "sk-ant-own"},
                                      {"ANTHROPIC_AUTH_TOKEN", "own-token"},
                                      {"ANTHROPIC_BASE_URL", "https://elsewhere.example"},
                                      {"ANTHROPIC_CUSTOM_HEADERS", "X-Key: own"},
                                      {"ANTHROPIC_DEFAULT_HAIKU_MODEL", "own-haiku"},
                                      {"ANTHROPIC_DEFAULT_MODEL", "own-model"},
                                      {"ANTHROPIC_MODEL", "own-model"},
                                      {"ANTHROPIC_SMALL_FAST_MODEL", "own-fast"},
                                      {"ANTHROPIC_UNIX_SOCKET", "/run/own.sock"},
                                      {"CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR", "9"},
                                      {"CLAUDE_CODE_HOST_AUTH_ENV_VAR", "OWN"},
                                      {"CLAUDE_CODE_HOST_CREDS_FILE", "/own"},
                                      {"CLAUDE_CODE_OAUTH_REFRESH_TOKEN", "own-refresh"},
                                      {"CLAUDE_CODE_OAUTH_TOKEN", "own-oauth"},
                                      {"CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR", "9"},
                                      {"CLAUDE_CODE_SUBAGENT_MODEL", "own-sub"},
                                      {"CLAUDE_CODE_EXTRA_BODY", "{\"model\":\"own\"}"},
                                      {"CLAUDE_CODE_USE_ANTHROPIC_AWS", "1"},
                                      {"CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD", "1"},
                                      {"CLAUDE_CODE_USE_BEDROCK", "1"},
                                      {"CLAUDE_CODE_USE_FOUNDRY", "1"},
                                      {"CLAUDE_CODE_USE_GATEWAY", "1"},
                                      {"CLAUDE_CODE_USE_MANTLE", "1"},
                                      {"CLAUDE_CODE_USE_VERTEX", "1"},
                                      {"CODEX_ACCESS_TOKEN", "own-access"},
                                      {"CODEX_API_KEY", "sk-codex-own"},
                                      {"GEMINI_API_KEY", "AIza-own"},
                                      {"GEMINI_API_KEY_AUTH_MECHANISM", "bearer"},
                                      {"GEMINI_CLI_CUSTOM_HEADERS", "X-Key: own"},
                                      {"GEMINI_DEFAULT_AUTH_TYPE", "oauth-personal"},
                                      {"GEMINI_MODEL", "own-model"},
                                      {"GOOGLE_API_KEY", "AIza-google-own"},
                                      {"GOOGLE_CLOUD_ACCESS_TOKEN", "own-access"},
                                      {"GOOGLE_GEMINI_BASE_URL", "https://elsewhere.example"},
                                      {"GOOGLE_GENAI_API_VERSION", "v1"},
                                      {"GOOGLE_GENAI_USE_GCA", "true"},
                                      {"GOOGLE_GENAI_USE_VERTEXAI", "true"},
                                      {"GOOGLE_VERTEX_BASE_URL", "https://elsewhere.example"},
                                      {"HTTPS_PROXY", "http://proxy.example:3128"},
                                      {"NO_PROXY", "corp.example"},
                                      {"OPENAI_API_KEY", "sk-own"},
                                      {"OPENAI_BASE_URL", "https://elsewhere.example/v1"},
                                      {"OPENROUTER_API_KEY", "sk-or-own"},
                                      {"LAB_KEY", "lab-key-0123456789"},
                                      {"EDITOR", "vi"}};

/// What claude is told on a server that is not Anthropic's.
lines claude_environment(std::string_view base_url, bool key) {
    lines all{fmt::format("changed ANTHROPIC_BASE_URL={}", base_url),
              "changed ANTHROPIC_MODEL=M",
              "set ANTHROPIC_DEFAULT_OPUS_MODEL=M",
              "set ANTHROPIC_DEFAULT_SONNET_MODEL=M",
              "changed ANTHROPIC_DEFAULT_HAIKU_MODEL=M",
              "set ANTHROPIC_DEFAULT_FABLE_MODEL=M",
              "set CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST=1",
              "set CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
              "set CLAUDE_CODE_ATTRIBUTION_HEADER=0",
              "set CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL=1",
              "removed ANTHROPIC_CUSTOM_HEADERS",
              "removed ANTHROPIC_DEFAULT_MODEL",
              "removed ANTHROPIC_SMALL_FAST_MODEL",
              "removed ANTHROPIC_UNIX_SOCKET",
              "removed CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR",
              "removed CLAUDE_CODE_HOST_AUTH_ENV_VAR",
              "removed CLAUDE_CODE_HOST_CREDS_FILE",
              "removed CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
              "removed CLAUDE_CODE_OAUTH_TOKEN",
              "removed CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
              "removed CLAUDE_CODE_EXTRA_BODY",
              "removed CLAUDE_CODE_SUBAGENT_MODEL",
              "removed CLAUDE_CODE_USE_ANTHROPIC_AWS",
              "removed CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
              "removed CLAUDE_CODE_USE_BEDROCK",
              "removed CLAUDE_CODE_USE_FOUNDRY",
              "removed CLAUDE_CODE_USE_GATEWAY",
              "removed CLAUDE_CODE_USE_MANTLE",
              "removed CLAUDE_CODE_USE_VERTEX"};
    if (key) {
        all.emplace_back("changed ANTHROPIC_API_KEY=lab-key-0123456789");
        all.emplace_back("changed ANTHROPIC_AUTH_TOKEN=lab-key-0123456789");
    } else {
        all.emplace_back("removed ANTHROPIC_API_KEY");
        all.emplace_back("changed ANTHROPIC_AUTH_TOKEN=no-key");
    }
    return all;
}

lines codex_environment(std::string_view base_url, bool key) {
    lines all{fmt::format("changed OPENAI_BASE_URL={}", base_url), "removed CODEX_API_KEY",
              "removed CODEX_ACCESS_TOKEN"};
    if (key) {
        all.emplace_back("changed OPENAI_API_KEY=lab-key-0123456789");
        all.emplace_back("set CODEX_OPERATOR_KEY=lab-key-0123456789");
    } else {
        all.emplace_back("removed OPENAI_API_KEY");
    }
    return all;
}

lines gemini_environment(std::string_view base_url, bool key, std::string_view settings) {
    return {fmt::format("changed GOOGLE_GEMINI_BASE_URL={}", base_url),
            "changed GEMINI_MODEL=M",
            "changed GEMINI_CLI_CUSTOM_HEADERS=",
            "changed GEMINI_API_KEY_AUTH_MECHANISM=",
            "changed GOOGLE_GENAI_API_VERSION=",
            "removed GOOGLE_API_KEY",
            "removed GOOGLE_CLOUD_ACCESS_TOKEN",
            "removed GOOGLE_GENAI_USE_GCA",
            "removed GOOGLE_GENAI_USE_VERTEXAI",
            "removed GOOGLE_VERTEX_BASE_URL",
            "removed GEMINI_DEFAULT_AUTH_TYPE",
            fmt::format("changed GEMINI_API_KEY={}", key ? "lab-key-0123456789" : "no-key"),
            std::string(settings)};
}

lines codex_command(std::string_view server, std::string_view base_url, bool key) {
    return {"codex",
            "-c",
            fmt::format("model_provider=\"operatord-{}\"", server),
            "-c",
            fmt::format("model_providers.operatord-{0}={{name=\"{0}\", base_url=\"{1}\", wire_api=\"responses\", "
                        "requires_openai_auth=false, supports_websockets=false{2}}}",
                        server, base_url, key ? ", env_key=\"CODEX_OPERATOR_KEY\"" : ""),
            "-c",
            "model=\"M\"",
            "-c",
            "cli_auth_credentials_store=\"ephemeral\"",
            "-c",
            "analytics.enabled=false",
            "-c",
            "check_for_update_on_startup=false",
            "-c",
            "features.plugins=false",
            "-c",
            "features.apps=false",
            "-c",
            "web_search=\"disabled\""};
}

struct kind_row {
    std::string_view kind;
    std::string_view declared;
    std::string_view agents;  ///< the base URL as the agent gets it
    std::string_view tool;    ///< the one that talks to it directly
    std::string_view api;     ///< that the server speaks
};

constexpr kind_row seven_kinds[] = {
    {"anthropic-api", "https://lab.example/v1", "https://lab.example", "claude", "the Anthropic API"},
    {"openai-api", "https://eu.lab.example/v1/", "https://eu.lab.example/v1", "codex", "the OpenAI API"},
    {"google-api", "https://lab.example/g/v1beta", "https://lab.example/g", "gemini", "the Google Gemini API"},
    {"ollama", "http://10.0.0.5:11434", "http://10.0.0.5:11434/v1", "codex", "the OpenAI API"},
    {"openrouter", "https://router.example/api/v1", "https://router.example/api/v1", "codex", "the OpenAI API"},
    {"openai-compat", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1", "codex", "the OpenAI API"},
    {"lmstudio", "http://10.0.0.5:1234/v1", "http://10.0.0.5:1234/v1", "codex", "the OpenAI API"},
};

std::string server_name(std::string_view kind, bool key) { return fmt::format("{}-{}", kind, key ? "keyed" : "open"); }

std::string refusal(std::string_view tool, const kind_row& row, bool key) {
    const std::string_view needed = tool == "claude"  ? "the Anthropic API"
                                    : tool == "codex" ? "the OpenAI API"
                                                      : "the Google Gemini API";
    return fmt::format(
        "{0} cannot use model server \"{1}\": it speaks {2} (its kind is \"{3}\"), and {0} needs {4}; use an agent of "
        "its vendor, or a model server of another kind, such as ollama or openai-compat\n",
        tool, server_name(row.kind, key), row.api, row.kind, needed);
}

/// claude and gemini on servers that speak OpenAI's API.
void check_bridged(launch_scene& scene, const ended& end, std::string_view tool, const kind_row& row, bool key) {
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    REQUIRE(end.agent.has_value());
    const bool claude = tool == "claude";
    const std::string url = fmt::format("http://127.0.0.1:{}/bridge/{}/{}", scene.daemon().port(),
                                        server_name(row.kind, key), claude ? "anthropic" : "gemini");
    CHECK(end.agent->variable(claude ? "ANTHROPIC_BASE_URL" : "GOOGLE_GEMINI_BASE_URL") == url);
    CHECK(end.agent->variable(claude ? "ANTHROPIC_AUTH_TOKEN" : "GEMINI_API_KEY") ==
          (key ? "lab-key-0123456789" : "no-key"));
    CHECK(end.agent->variable(claude ? "ANTHROPIC_CUSTOM_HEADERS" : "GEMINI_CLI_CUSTOM_HEADERS") ==
          "X-Operator-Model: M");
    CHECK(end.agent->variable("ANTHROPIC_API_KEY").empty() == claude);
}

struct expectation {
    lines argv;
    lines environment;
};

/// What is near is asked directly.
expectation with_proxies(expectation made, const kind_row& row) {
    constexpr std::string_view near = "http://10.0.0.5";
    if (row.agents.starts_with(near))
        made.environment.insert(made.environment.end(),
                                {"changed NO_PROXY=corp.example,10.0.0.5", "set no_proxy=corp.example,10.0.0.5"});
    return made;
}

expectation expected(const launch_scene& scene, const agent_notes& agent, const kind_row& row, bool key) {
    if (row.tool == "claude")
        return {{"claude", "--settings", R"({"env":{"CLAUDE_CODE_EXTRA_BODY":""}})", "--permission-mode", "default"},
                claude_environment(row.agents, key)};
    if (row.tool == "codex")
        return {codex_command(server_name(row.kind, key), row.agents, key), codex_environment(row.agents, key)};
    return {{"gemini"}, gemini_environment(row.agents, key, gemini_settings_line(scene, agent))};
}

std::string in_brackets(const lines& argv) { return fmt::format("[{}]", fmt::join(argv, "] [")); }

}  // namespace

TEST_CASE("every kind with every tool, with and without a key: all that the agent gets, and every refusal") {
    std::string toml;
    for (const kind_row& row : seven_kinds) {
        toml += unprobed_server(server_name(row.kind, true), row.kind, row.declared, "api_key_env = \"LAB_KEY\"");
        toml += unprobed_server(server_name(row.kind, false), row.kind, row.declared);
    }
    launch_scene scene(toml);
    scene.caller.insert(used_shell.begin(), used_shell.end());
    for (const kind_row& row : seven_kinds) {
        for (const std::string tool : {"claude", "codex", "gemini"}) {
            for (const bool key : {true, false}) {
                CAPTURE(row.kind);
                CAPTURE(tool);
                CAPTURE(key);
                const ended end =
                    scene.launch({"--llm-tool", tool, "--model", "M", "--model-server", server_name(row.kind, key)});
                CHECK(end.out.empty());
                const bool bridged = tool != row.tool && row.tool == "codex";
                CHECK(end.agent.has_value() == (bridged || tool == row.tool));
                if (bridged) {
                    check_bridged(scene, end, tool, row, key);
                } else if (tool != row.tool) {
                    CHECK(end.exit_code == 1);
                    CHECK(end.err == refusal(tool, row, key));
                } else if (end.agent) {
                    const expectation wanted = with_proxies(expected(scene, *end.agent, row, key), row);
                    CHECK(end.exit_code == 0);
                    CHECK(end.err.empty());
                    CHECK(in_brackets(end.agent->argv) == in_brackets(wanted.argv));
                    CHECK(difference(scene.caller, end.agent->environment) == by_name(wanted.environment));
                }
            }
        }
    }
}

TEST_CASE(
    "a builtin, implicit or named, gets the model and nothing else: the user's own keys and login are unchanged") {
    launch_scene scene("");
    scene.caller.insert(used_shell.begin(), used_shell.end());

    struct {
        std::string tool;
        std::string server;
        std::string argv;
    } const table[] = {
        {"claude", "anthropic-api", "[claude] [--model] [M]"},
        {"codex", "openai-api", "[codex] [-c] [model=\"M\"]"},
        {"gemini", "google-api", "[gemini] [--model] [M]"},
    };

    for (const auto& row : table) {
        for (const bool named : {false, true}) {
            CAPTURE(row.tool);
            CAPTURE(named);
            lines words{"--llm-tool", row.tool, "--model", "M"};
            if (named) words.insert(words.end(), {"--model-server", row.server});
            const ended end = scene.launch(words);
            CHECK(end.exit_code == 0);
            CHECK(end.err.empty());
            REQUIRE(end.agent.has_value());
            CHECK(in_brackets(end.agent->argv) == row.argv);
            CHECK(difference(scene.caller, end.agent->environment).empty());
        }
    }
}

TEST_CASE("a declared server at the vendor's own address takes the vendor's key, or the one it names") {
    launch_scene scene(unprobed_server("anthropic", "anthropic-api", "") +
                       unprobed_server("anthropic-team", "anthropic-api", "https://api.anthropic.com/v1",
                                       "api_key_env = \"LAB_KEY\"") +
                       unprobed_server("openai", "openai-api", "https://api.openai.com") +
                       unprobed_server("openai-team", "openai-api", "", "api_key_env = \"LAB_KEY\"") +
                       unprobed_server("google", "google-api", "") +
                       unprobed_server("google-team", "google-api", "", "api_key_env = \"LAB_KEY\"") +
                       unprobed_server("router", "openrouter", "https://openrouter.ai") +
                       unprobed_server("router-team", "openrouter", "", "api_key_env = \"LAB_KEY\""));
    scene.caller.insert({{"ANTHROPIC_API_KEY", "sk-ant-own"},
                         {"OPENAI_API_KEY", "sk-own"},
                         {"GEMINI_API_KEY", "AIza-own"},
                         {"OPENROUTER_API_KEY", "sk-or-own"},
                         {"LAB_KEY", "lab-key-0123456789"}});

    const auto at_google = [&scene](const agent_notes& agent, lines more) {
        more.insert(more.end(),
                    {"set GOOGLE_GEMINI_BASE_URL=https://generativelanguage.googleapis.com", "set GEMINI_MODEL=M",
                     "set GEMINI_CLI_CUSTOM_HEADERS=", "set GEMINI_API_KEY_AUTH_MECHANISM=",
                     "set GOOGLE_GENAI_API_VERSION=", gemini_settings_line(scene, agent)});
        return more;
    };
    const lines at_anthropic{"set ANTHROPIC_BASE_URL=https://api.anthropic.com", "set ANTHROPIC_MODEL=M",
                             "set CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST=1"};

    struct {
        std::string server;
        std::string tool;
        lines environment;
    } const table[] = {
        {"anthropic", "claude", at_anthropic},
        {"anthropic-team", "claude", {}},
        {"openai", "codex", {"set OPENAI_BASE_URL=https://api.openai.com/v1", "set CODEX_OPERATOR_KEY=sk-own"}},
        {"openai-team",
         "codex",
         {"set OPENAI_BASE_URL=https://api.openai.com/v1", "changed OPENAI_API_KEY=lab-key-0123456789",
          "set CODEX_OPERATOR_KEY=lab-key-0123456789"}},
        {"google", "gemini", {}},
        {"google-team", "gemini", {"changed GEMINI_API_KEY=lab-key-0123456789"}},
        {"router",
         "codex",
         {"set OPENAI_BASE_URL=https://openrouter.ai/api/v1", "changed OPENAI_API_KEY=sk-or-own",
          "set CODEX_OPERATOR_KEY=sk-or-own"}},
        {"router-team",
         "codex",
         {"set OPENAI_BASE_URL=https://openrouter.ai/api/v1", "changed OPENAI_API_KEY=lab-key-0123456789",
          "set CODEX_OPERATOR_KEY=lab-key-0123456789"}},
    };

    for (const auto& row : table) {
        CAPTURE(row.server);
        const ended end = scene.launch({"--llm-tool", row.tool, "--model", "M", "--model-server", row.server});
        CHECK(end.exit_code == 0);
        CHECK(end.err.empty());
        REQUIRE(end.agent.has_value());
        lines wanted = row.environment;
        if (row.tool == "gemini") wanted = at_google(*end.agent, wanted);
        if (row.server == "anthropic-team") {
            wanted = at_anthropic;
            wanted.emplace_back("changed ANTHROPIC_API_KEY=lab-key-0123456789");
        }
        CHECK(difference(scene.caller, end.agent->environment) == by_name(wanted));
    }
}
