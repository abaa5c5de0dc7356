// What an agent is told of a server: base URLs in every way to write them, extra_env, and proxies.

#include "tests/e2e/launch_scene.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace opd::test;

TEST_CASE("every way to write a base URL becomes the one that the agent understands") {
    struct {
        std::string_view kind;
        std::string_view declared;
        std::string_view agents;
    } const table[] = {
        {"anthropic-api", "http://127.0.0.1:9", "http://127.0.0.1:9"},
        {"anthropic-api", "http://127.0.0.1:9/", "http://127.0.0.1:9"},
        {"anthropic-api", "http://127.0.0.1:9/v1", "http://127.0.0.1:9"},
        {"anthropic-api", "http://127.0.0.1:9/v1/", "http://127.0.0.1:9"},
        {"anthropic-api", "http://127.0.0.1:9/anthropic/v1/messages", "http://127.0.0.1:9/anthropic"},
        {"openai-api", "http://127.0.0.1:9", "http://127.0.0.1:9/v1"},
        {"openai-api", "http://127.0.0.1:9//v1//", "http://127.0.0.1:9/v1"},
        {"openai-api", "http://127.0.0.1:9/v1/v1", "http://127.0.0.1:9/v1"},
        {"openai-api", "http://127.0.0.1:9/proxy/v1/chat/completions", "http://127.0.0.1:9/proxy/v1"},
        {"google-api", "http://127.0.0.1:9/", "http://127.0.0.1:9"},
        {"google-api", "http://127.0.0.1:9/v1beta", "http://127.0.0.1:9"},
        {"google-api", "http://127.0.0.1:9/g/v1beta/openai/", "http://127.0.0.1:9/g"},
        {"ollama", "", "http://localhost:11434/v1"},
        {"ollama", "http://127.0.0.1:9/", "http://127.0.0.1:9/v1"},
        {"ollama", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"},
        {"ollama", "http://127.0.0.1:9/api", "http://127.0.0.1:9/v1"},
        {"ollama", "http://127.0.0.1:9/api/tags", "http://127.0.0.1:9/v1"},
        {"openrouter", "", "https://openrouter.ai/api/v1"},
        {"openrouter", "https://openrouter.ai", "https://openrouter.ai/api/v1"},
        {"openrouter", "https://openrouter.ai/api/", "https://openrouter.ai/api/v1"},
        {"openai-compat", "http://127.0.0.1:9", "http://127.0.0.1:9/v1"},
        {"openai-compat", "http://127.0.0.1:9/v1/", "http://127.0.0.1:9/v1"},
        {"openai-compat", "http://127.0.0.1:9/api/v3", "http://127.0.0.1:9/api/v3"},
        {"openai-compat", "http://[::1]:9/openai/v1", "http://[::1]:9/openai/v1"},
        {"lmstudio", "", "http://localhost:1234/v1"},
        {"lmstudio", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"},
        {"lmstudio", "http://127.0.0.1:9/api/v0/", "http://127.0.0.1:9/v1"},
    };

    std::string toml;
    int number = 0;
    for (const auto& row : table)
        toml += unprobed_server(fmt::format("s{}", number++), row.kind, row.declared, "api_key_env = \"LAB_KEY\"");
    launch_scene scene(toml);
    scene.caller.emplace("LAB_KEY", "k");
    number = 0;
    for (const auto& row : table) {
        CAPTURE(row.kind);
        CAPTURE(row.declared);
        const bool anthropic = row.kind == "anthropic-api";
        const bool google = row.kind == "google-api";
        const std::string tool = anthropic ? "claude" : google ? "gemini" : "codex";
        const char* variable = anthropic ? "ANTHROPIC_BASE_URL" : google ? "GOOGLE_GEMINI_BASE_URL" : "OPENAI_BASE_URL";
        const ended end =
            scene.launch({"--llm-tool", tool, "--model", "M", "--model-server", fmt::format("s{}", number++)});
        CHECK(end.exit_code == 0);
        REQUIRE(end.agent.has_value());
        CHECK(end.agent->variable(variable) == row.agents);
        if (tool == "codex") {
            const std::string quoted = fmt::format("base_url=\"{}\"", row.agents);
            CHECK(end.agent->argv.at(4).find(quoted) != std::string::npos);
        }
    }
}

TEST_CASE("extra_env arrives verbatim, wins over what was derived, and refers to the caller's variables") {
    launch_scene scene(
        unprobed_server("bridge", "anthropic-api", "http://lab:4000",
                        "api_key_env = \"LAB_KEY\"\n"
                        "extra_env = { ANTHROPIC_BASE_URL = \"http://other:1/x\", ANTHROPIC_MODEL = \"mine\", "
                        "SHELLISH = '''$(touch pwned) `touch pwned` \"${HOME}\" ${HOME}x \\ '%s' ''', "
                        "LINES_IN_IT = \"a\\nb\\tc\\r\\n\", UNICODE = \"\\u65E5 \\u202E\", EMPTY = \"\", "
                        "REFERENCE = \"${OTHER}\", HALF = \"${OTHER\", SPACED = \"${ OTHER }\", "
                        "EDITOR = \"emacs\" }") +
        unprobed_server(
            "own-key", "openai-compat", "http://lab:8000",
            "api_key_env = \"LAB_KEY\"\nextra_env = { OPENAI_API_KEY = \"${OTHER}\", NO_PROXY = \"mine\" }") +
        unprobed_server("foreign-key", "google-api", "http://lab:8000",
                        "extra_env = { GOOGLE_API_KEY = \"${GOOGLE_API_KEY}\", GEMINI_API_KEY = \"literal\" }"));
    scene.caller.insert({{"LAB_KEY", "lab-key"},
                         {"OTHER", "other's value"},
                         {"EDITOR", "vi"},
                         {"GOOGLE_API_KEY", "AIza-own"},
                         {"NO_PROXY", "corp.example"}});

    const auto get = [&scene](const char* tool, const char* server) {
        ended end = scene.launch({"--llm-tool", tool, "--model", "M", "--model-server", server});
        CHECK(end.exit_code == 0);
        CHECK(end.err.empty());
        REQUIRE(end.agent.has_value());
        return *end.agent;
    };
    CHECK(difference(scene.caller, get("claude", "bridge").environment) ==
          by_name({"set ANTHROPIC_BASE_URL=http://other:1/x",
                   "set ANTHROPIC_API_KEY=lab-key",
                   "set ANTHROPIC_AUTH_TOKEN=lab-key",
                   "set ANTHROPIC_MODEL=mine",
                   "set ANTHROPIC_DEFAULT_OPUS_MODEL=M",
                   "set ANTHROPIC_DEFAULT_SONNET_MODEL=M",
                   "set ANTHROPIC_DEFAULT_HAIKU_MODEL=M",
                   "set ANTHROPIC_DEFAULT_FABLE_MODEL=M",
                   "set CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST=1",
                   "set CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
                   "set CLAUDE_CODE_ATTRIBUTION_HEADER=0",
                   "set CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL=1",
                   "set SHELLISH=$(touch pwned) `touch pwned` \"${HOME}\" ${HOME}x \\ '%s' ",
                   "set LINES_IN_IT=a\nb\tc\r\n",
                   "set UNICODE=\u65E5 \u202E",
                   "set EMPTY=",
                   "set REFERENCE=other's value",
                   "set HALF=${OTHER",
                   "set SPACED=${ OTHER }",
                   "changed NO_PROXY=corp.example,lab",
                   "set no_proxy=corp.example,lab",
                   "changed EDITOR=emacs"}));
    const agent_notes own_key = get("codex", "own-key");
    CHECK(difference(scene.caller, own_key.environment) ==
          by_name({"set OPENAI_BASE_URL=http://lab:8000/v1", "set OPENAI_API_KEY=other's value",
                   "set CODEX_OPERATOR_KEY=other's value", "changed NO_PROXY=mine", "set no_proxy=corp.example,lab"}));
    const agent_notes foreign = get("gemini", "foreign-key");
    CHECK(difference(scene.caller, foreign.environment) ==
          by_name({"set GOOGLE_GEMINI_BASE_URL=http://lab:8000", "set GEMINI_API_KEY=literal", "set GEMINI_MODEL=M",
                   "set GEMINI_CLI_CUSTOM_HEADERS=", "set GEMINI_API_KEY_AUTH_MECHANISM=",
                   "set GOOGLE_GENAI_API_VERSION=", "changed NO_PROXY=corp.example,lab",
                   "set no_proxy=corp.example,lab", gemini_settings_line(scene, foreign)}));
}

TEST_CASE("what stays on this machine or near it goes through no proxy, and what else goes around it stays so") {
    launch_scene scene(unprobed_server("local", "ollama", "") + unprobed_server("six", "ollama", "http://[::1]:9") +
                       unprobed_server("two", "ollama", "http://127.0.0.2:9") +
                       unprobed_server("near", "ollama", "http://192.168.1.2:9") +
                       unprobed_server("far", "ollama", "https://lab.example"));

    struct {
        std::string server;
        process::environment before;
        std::string after;  ///< of both variables
    } const table[] = {
        {"local", {}, "127.0.0.1,localhost"},
        {"local", {{"NO_PROXY", "corp.example, .lab"}}, "corp.example,.lab,127.0.0.1,localhost"},
        {"local", {{"no_proxy", "b"}, {"NO_PROXY", "a"}}, "a,b,127.0.0.1,localhost"},
        {"local", {{"no_proxy", "localhost"}}, "localhost,127.0.0.1"},
        {"local", {{"NO_PROXY", ""}}, "127.0.0.1,localhost"},
        {"local", {{"NO_PROXY", "*"}}, "*"},
        {"six", {}, "127.0.0.1,localhost,::1"},
        {"two", {{"NO_PROXY", "a"}}, "a,127.0.0.1,localhost,127.0.0.2"},
        {"near", {{"NO_PROXY", "a"}}, "a,192.168.1.2"},
    };

    const process::environment usual = scene.caller;
    for (const auto& row : table) {
        CAPTURE(row.server);
        CAPTURE(row.after);
        scene.caller = usual;
        scene.caller.insert(row.before.begin(), row.before.end());
        const ended end = scene.launch({"--tool", "codex", "--model", "M", "--model-server", row.server});
        REQUIRE(end.agent.has_value());
        CHECK(end.agent->variable("NO_PROXY") == row.after);
        CHECK(end.agent->variable("no_proxy") == row.after);
    }
    scene.caller = usual;
    scene.caller.emplace("no_proxy", "corp.example");
    const ended far = scene.launch({"--tool", "codex", "--model", "M", "--model-server", "far"});
    REQUIRE(far.agent.has_value());
    CHECK(difference(scene.caller, far.agent->environment) == "set OPENAI_BASE_URL=https://lab.example/v1\n");
}
