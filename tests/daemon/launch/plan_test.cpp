#include "daemon/launch/plan.hpp"

#include "config/base/ascii.hpp"
#include "tests/daemon/launch/launching.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace opd;
using namespace opd::launch;
using namespace opd::test;

namespace {

/// A declared server "lab" of the kind; `more` are further lines of its block, and what follows it.
config lab(std::string_view kind, std::string_view base_url, std::string_view more = "") {
    const std::string url = base_url.empty() ? "" : fmt::format("base_url = \"{}\"\n", base_url);
    return config_of(fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"{}\"\n{}{}\n", kind, url, more));
}

std::string plan_of(const config& from, std::string_view tool) {
    return text_of(resolve(from, for_tool(std::string(tool), "M", "lab")));
}

constexpr std::string_view with_key = "api_key_env = \"MY_KEY\"";

std::string claude_plan(std::string_view base_url, bool key) {
    std::string text = fmt::format(
        "run [claude] [--settings] [{{\"env\":{{\"CLAUDE_CODE_EXTRA_BODY\":\"\"}}}}] [--permission-mode] [default] *\n"
        "set ANTHROPIC_BASE_URL={}\n",
        base_url);
    if (key) text += "set ANTHROPIC_API_KEY=${MY_KEY}\n";
    text += fmt::format(
        "set CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST=1\n"
        "set ANTHROPIC_MODEL=M\n"
        "set ANTHROPIC_AUTH_TOKEN={}\n"
        "set ANTHROPIC_DEFAULT_OPUS_MODEL=M\n"
        "set ANTHROPIC_DEFAULT_SONNET_MODEL=M\n"
        "set ANTHROPIC_DEFAULT_HAIKU_MODEL=M\n"
        "set ANTHROPIC_DEFAULT_FABLE_MODEL=M\n"
        "set CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1\n"
        "set CLAUDE_CODE_ATTRIBUTION_HEADER=0\n"
        "set CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL=1\n"
        "unset {}CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_OAUTH_REFRESH_TOKEN "
        "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR CLAUDE_CODE_HOST_AUTH_ENV_VAR "
        "CLAUDE_CODE_HOST_CREDS_FILE ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_UNIX_SOCKET CLAUDE_CODE_USE_BEDROCK "
        "CLAUDE_CODE_USE_VERTEX CLAUDE_CODE_USE_FOUNDRY CLAUDE_CODE_USE_ANTHROPIC_AWS "
        "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD CLAUDE_CODE_USE_MANTLE CLAUDE_CODE_USE_GATEWAY "
        "ANTHROPIC_DEFAULT_MODEL ANTHROPIC_SMALL_FAST_MODEL CLAUDE_CODE_SUBAGENT_MODEL "
        "CLAUDE_CODE_EXTRA_BODY\n",
        key ? "${MY_KEY}" : "no-key", key ? "" : "ANTHROPIC_API_KEY ");
    return text;
}

std::string codex_plan(std::string_view base_url, bool key) {
    std::string text = fmt::format(
        "run [codex] [-c] [model_provider=\"operatord-lab\"] [-c] "
        "[model_providers.operatord-lab={{name=\"lab\", base_url=\"{}\", wire_api=\"responses\", "
        "requires_openai_auth=false, supports_websockets=false{}}}] [-c] [model=\"M\"] [-c] "
        "[cli_auth_credentials_store=\"ephemeral\"] [-c] [analytics.enabled=false] "
        "[-c] [check_for_update_on_startup=false] [-c] [features.plugins=false] [-c] [features.apps=false] [-c] "
        "[web_search=\"disabled\"] *\n"
        "set OPENAI_BASE_URL={}\n",
        base_url, key ? ", env_key=\"CODEX_OPERATOR_KEY\"" : "", base_url);
    if (key) text += "set OPENAI_API_KEY=${MY_KEY}\nset CODEX_OPERATOR_KEY=${MY_KEY}\n";
    text += fmt::format("unset {}CODEX_API_KEY CODEX_ACCESS_TOKEN\n", key ? "" : "OPENAI_API_KEY ");
    return text;
}

std::string gemini_plan(std::string_view base_url, bool key) {
    return fmt::format(
        "run [gemini] *\n"
        "set GOOGLE_GEMINI_BASE_URL={}\n"
        "{}"
        "set GEMINI_CLI_CUSTOM_HEADERS=\n"
        "set GEMINI_API_KEY_AUTH_MECHANISM=\n"
        "set GOOGLE_GENAI_API_VERSION=\n"
        "set GEMINI_MODEL=M\n"
        "{}"
        "unset GOOGLE_API_KEY GOOGLE_GENAI_USE_VERTEXAI GOOGLE_GENAI_USE_GCA GOOGLE_CLOUD_ACCESS_TOKEN "
        "GOOGLE_VERTEX_BASE_URL GEMINI_DEFAULT_AUTH_TYPE\n",
        base_url, key ? "set GEMINI_API_KEY=${MY_KEY}\n" : "", key ? "" : "set GEMINI_API_KEY=no-key\n");
}

constexpr std::string_view gemini_home =
    "home GEMINI_CLI_HOME .gemini/settings.json {\"security\":{\"auth\":{\"selectedType\":\"gemini-api-key\","
    "\"enforcedType\":\"gemini-api-key\",\"useExternal\":false}},\"privacy\":{\"usageStatisticsEnabled\":false},"
    "\"telemetry\":{\"enabled\":false},\"general\":{\"enableAutoUpdate\":false,\"enableAutoUpdateNotification\":false}}"
    "\n";

constexpr std::string_view on_this_machine = "no proxy for 127.0.0.1 localhost\n";

}  // namespace

TEST_CASE("every kind with every tool, with and without a key") {
    struct row {
        std::string_view kind;
        std::string_view declared;
        std::string_view agents;  ///< the base URL as the agent gets it
        std::string_view tool;    ///< the one that talks to it directly
    };

    const std::vector<row> table{
        {"anthropic-api", "http://10.0.0.5:4000/v1", "http://10.0.0.5:4000", "claude"},
        {"openai-api", "https://eu.lab.example/v1/", "https://eu.lab.example/v1", "codex"},
        {"google-api", "https://lab.example/g/v1beta", "https://lab.example/g", "gemini"},
        {"ollama", "http://10.0.0.5:11434", "http://10.0.0.5:11434/v1", "codex"},
        {"openrouter", "https://openrouter.ai/api", "https://openrouter.ai/api/v1", "codex"},
        {"openai-compat", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1", "codex"},
        {"lmstudio", "http://10.0.0.5:1234/v1", "http://10.0.0.5:1234/v1", "codex"},
    };
    REQUIRE(table.size() == kinds().size());
    for (const row& one : table) {
        for (const llm_tool& tool : llm_tools()) {
            for (const bool key : {true, false}) {
                if (one.kind == "openrouter" && !key) continue;  // the vendor's own host: see below
                CAPTURE(one.kind);
                CAPTURE(tool.name);
                CAPTURE(key);
                const std::string plan = plan_of(lab(one.kind, one.declared, key ? with_key : ""), tool.name);
                const bool near = one.agents.starts_with("http://10.0.0.5");
                const std::string rest = near ? "no proxy for 10.0.0.5\n" : "";
                if (tool.name != one.tool && one.tool == "codex")
                    CHECK(
                        plan.starts_with(fmt::format("refused: {} reaches model server \"lab\" through the bridge of "
                                                     "operatord only, and operatord does not listen on TCP",
                                                     tool.name)));
                else if (tool.name != one.tool)
                    CHECK(plan.starts_with(fmt::format("refused: {} cannot use model server \"lab\"", tool.name)));
                else if (tool.name == "claude")
                    CHECK(plan == claude_plan(one.agents, key) + rest);
                else if (tool.name == "codex")
                    CHECK(plan == codex_plan(one.agents, key) + rest);
                else
                    CHECK(plan == gemini_plan(one.agents, key) + std::string(gemini_home) + rest);
            }
        }
    }
}

TEST_CASE("through the bridge an agent sees a server of its own vendor, with the key of the real one") {
    launch_context context;
    context.bridge_origin = "http://127.0.0.1:7008";
    const auto through = [&](std::string_view tool, std::string_view model, bool key) {
        launch_request asked = for_tool(std::string(tool), std::string(model), "lab");
        asked.via = way::bridge;
        return text_of(
            resolve(lab("openai-compat", "https://api.groq.com/openai/v1", key ? with_key : ""), asked, context));
    };
    const std::string claude = through("claude", "a/b c", true);
    CHECK(
        claude.starts_with("run [claude] [--settings] [{\"env\":{\"CLAUDE_CODE_EXTRA_BODY\":\"\"}}] "
                           "[--disallowedTools=WebSearch] [--permission-mode] [default] *\n"
                           "set ANTHROPIC_BASE_URL=http://127.0.0.1:7008/bridge/lab/anthropic\n"));
    CHECK(claude.find("set ANTHROPIC_AUTH_TOKEN=${MY_KEY}\n") != claude.npos);
    CHECK(claude.find("\nset ANTHROPIC_API_KEY") == claude.npos);
    CHECK(claude.find("set ANTHROPIC_CUSTOM_HEADERS=X-Operator-Model: a%2Fb%20c\n") != claude.npos);
    CHECK(claude.find("set CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK=1\n") != claude.npos);
    CHECK(claude.ends_with(on_this_machine));
    const std::string codex = through("codex", "m", true);
    CHECK(codex.find("base_url=\"http://127.0.0.1:7008/bridge/lab/openai/v1\"") != codex.npos);
    CHECK(codex.find("http_headers={X-Operator-Model=\"m\"}, request_max_retries=0, stream_max_retries=0, "
                     "stream_idle_timeout_ms=3000000, env_key=\"CODEX_OPERATOR_KEY\"") != codex.npos);
    CHECK(codex.find("CODEX_OPERATOR_KEY=${MY_KEY}") != codex.npos);
    const std::string gemini = through("gemini", "m", false);
    CHECK(gemini.find("set GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:7008/bridge/lab/gemini\n") != gemini.npos);
    CHECK(gemini.find("set GEMINI_CLI_CUSTOM_HEADERS=X-Operator-Model: m\n") != gemini.npos);
    CHECK(gemini.find("set GEMINI_API_KEY=no-key\n") != gemini.npos);
}

TEST_CASE("a context that is too small for an agent is a warning, with how to raise it") {
    launch_context context;
    context.server.status = probe_status::ok;
    context.server.last_good =
        std::make_shared<const std::vector<model>>(1, model{.id = "M", .display_name = "M", .context_length = 4096});
    const std::string plan = text_of(resolve(lab("ollama", ""), for_tool("codex", "M", "lab"), context));
    CHECK(plan.find("the context of \"M\" is 4096 tokens, too few for codex; raise it: OLLAMA_CONTEXT_LENGTH=65536 "
                    "ollama serve") != plan.npos);
}

TEST_CASE("kinds with a default base URL need no other") {
    CHECK(plan_of(lab("ollama", ""), "codex") ==
          codex_plan("http://localhost:11434/v1", false) + std::string(on_this_machine));
    CHECK(plan_of(lab("lmstudio", ""), "codex") ==
          codex_plan("http://localhost:1234/v1", false) + std::string(on_this_machine));
}

TEST_CASE("at a vendor's own host the vendor's key is the key, unless the server names another") {
    const std::string openrouter = plan_of(lab("openrouter", ""), "codex");
    CHECK(openrouter.find("set OPENAI_API_KEY=${OPENROUTER_API_KEY}\nset CODEX_OPERATOR_KEY=${OPENROUTER_API_KEY}\n") !=
          openrouter.npos);

    CHECK(plan_of(lab("anthropic-api", ""), "claude") ==
          "run [claude] *\n"
          "set ANTHROPIC_BASE_URL=https://api.anthropic.com\n"
          "set ANTHROPIC_API_KEY=${ANTHROPIC_API_KEY}\n"
          "set CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST=1\n"
          "set ANTHROPIC_MODEL=M\n"
          "unset ANTHROPIC_AUTH_TOKEN CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_OAUTH_REFRESH_TOKEN "
          "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR CLAUDE_CODE_HOST_AUTH_ENV_VAR "
          "CLAUDE_CODE_HOST_CREDS_FILE ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_UNIX_SOCKET CLAUDE_CODE_USE_BEDROCK "
          "CLAUDE_CODE_USE_VERTEX CLAUDE_CODE_USE_FOUNDRY CLAUDE_CODE_USE_ANTHROPIC_AWS "
          "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD CLAUDE_CODE_USE_MANTLE CLAUDE_CODE_USE_GATEWAY "
          "ANTHROPIC_DEFAULT_MODEL ANTHROPIC_SMALL_FAST_MODEL CLAUDE_CODE_SUBAGENT_MODEL "
          "CLAUDE_CODE_EXTRA_BODY\n");
    CHECK(plan_of(lab("openai-api", "", with_key), "codex") ==
          "run [codex] [-c] [model_provider=\"operatord-lab\"] [-c] "
          "[model_providers.operatord-lab={name=\"lab\", "
          "base_url=\"https://api.openai.com/v1\", wire_api=\"responses\", requires_openai_auth=false, "
          "supports_websockets=false, env_key=\"CODEX_OPERATOR_KEY\"}] [-c] [model=\"M\"] *\n"
          "set OPENAI_BASE_URL=https://api.openai.com/v1\n"
          "set OPENAI_API_KEY=${MY_KEY}\n"
          "set CODEX_OPERATOR_KEY=${MY_KEY}\n"
          "unset CODEX_API_KEY CODEX_ACCESS_TOKEN\n");
    CHECK(plan_of(lab("google-api", "", with_key), "gemini") ==
          gemini_plan("https://generativelanguage.googleapis.com", true) + std::string(gemini_home));
}

TEST_CASE("a vendor's key does not reach another host, whatever the kind says") {
    for (const auto& [kind, tool, key] :
         {std::tuple{"anthropic-api", "claude", "ANTHROPIC_API_KEY"},
          std::tuple{"openai-api", "codex", "OPENAI_API_KEY"}, std::tuple{"google-api", "gemini", "GEMINI_API_KEY"}}) {
        CAPTURE(kind);
        const auto plan = resolve(lab(kind, "https://elsewhere.example"), for_tool(tool, "M", "lab"));
        REQUIRE(plan.has_value());
        const env_entry* set = find_entry(plan->env, key);
        const bool is_gone = std::ranges::find(plan->unset, key) != plan->unset.end();
        CHECK((set == nullptr ? is_gone : set->text == "no-key"));

        const config named = lab(kind, "https://elsewhere.example", fmt::format("api_key_env = \"{}\"", key));
        const auto allowed = resolve(named, for_tool(tool, "M", "lab"));
        REQUIRE(allowed.has_value());
        REQUIRE(find_entry(allowed->env, key) != nullptr);
        CHECK(entry_text(*find_entry(allowed->env, key)) == fmt::format("{0}=${{{0}}}", key));
    }
}

TEST_CASE("a builtin: the model and nothing else, named or not") {
    const config none = config_of("");
    CHECK(text_of(resolve(none, for_tool("claude", "opus"))) == "run [claude] [--model] [opus] *\n");
    CHECK(text_of(resolve(none, for_tool("claude", "opus", "anthropic-api"))) == "run [claude] [--model] [opus] *\n");
    CHECK(text_of(resolve(none, for_tool("codex", "gpt", "openai-api"))) == "run [codex] [-c] [model=\"gpt\"] *\n");
    CHECK(text_of(resolve(none, for_tool("gemini", "pro"))) == "run [gemini] [--model] [pro] *\n");
    const auto plan = resolve(none, for_tool("gemini", "pro"));
    REQUIRE(plan.has_value());
    CHECK(plan->model_server == "google-api");
}

TEST_CASE("a builtin is not looked at: the vendor's own way does not depend on what we see") {
    launch_context down;
    down.server.status = probe_status::refused;
    CHECK(resolve(config_of(""), for_tool("claude", "opus", "anthropic-api"), down).has_value());
}

TEST_CASE("extra_env is verbatim, comes last and wins") {
    const auto plan =
        resolve(lab("anthropic-api", "http://localhost:4000",
                    "api_key_env = \"MY_KEY\"\n"
                    "extra_env = { ANTHROPIC_BASE_URL = \"http://other\", A = \"$(x) `y` ${A}b\", B = "
                    "\"${REF}\", C = \"${}\", E = \"${1a b}\", ANTHROPIC_API_KEY = \"literal\", D = \"\" }"),
                for_tool("claude", "M", "lab"));
    REQUIRE(plan.has_value());
    std::string env;
    for (const env_entry& entry : plan->env) env += entry_text(entry) + "\n";
    CHECK(env ==
          "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST=1\n"
          "ANTHROPIC_MODEL=M\n"
          "ANTHROPIC_AUTH_TOKEN=literal (literal)\n"
          "ANTHROPIC_DEFAULT_OPUS_MODEL=M\n"
          "ANTHROPIC_DEFAULT_SONNET_MODEL=M\n"
          "ANTHROPIC_DEFAULT_HAIKU_MODEL=M\n"
          "ANTHROPIC_DEFAULT_FABLE_MODEL=M\n"
          "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1\n"
          "CLAUDE_CODE_ATTRIBUTION_HEADER=0\n"
          "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL=1\n"
          "ANTHROPIC_BASE_URL=http://other (literal)\n"
          "A=$(x) `y` ${A}b (literal)\n"
          "B=${REF}\n"
          "C=${} (literal)\n"
          "E=${1a b} (literal)\n"
          "ANTHROPIC_API_KEY=literal (literal)\n"
          "D= (literal)\n");
}

TEST_CASE("extra_env that gives codex its key is what codex uses, and the derived reference is not needed") {
    const auto plan =
        resolve(lab("ollama", "", "api_key_env = \"MY_KEY\"\nextra_env = { OPENAI_API_KEY = \"${MINE}\" }"),
                for_tool("codex", "M", "lab"));
    REQUIRE(plan.has_value());
    CHECK(entry_text(plan->env[1]) == "CODEX_OPERATOR_KEY=${MINE}");
    CHECK(entry_text(plan->env[2]) == "OPENAI_API_KEY=${MINE}");
    CHECK(plan->env.size() == 3);
}

TEST_CASE("codex does not look at a base URL in extra_env, and that is said") {
    const auto plan = resolve(lab("ollama", "", "extra_env = { OPENAI_BASE_URL = \"http://other/v1\" }"),
                              for_tool("codex", "M", "lab"));
    REQUIRE(plan.has_value());
    REQUIRE(plan->warnings.size() == 1);
    CHECK(plan->warnings[0] ==
          "codex does not read OPENAI_BASE_URL in extra_env of model server \"lab\": it goes to base_url");
}

TEST_CASE("a key does not go over the internet in clear, unless that is allowed") {
    CHECK(plan_of(lab("openai-compat", "http://lab.example:8000", with_key), "codex") ==
          "refused: the key in MY_KEY would go to http://lab.example:8000 over the internet in clear; use https in "
          "base_url of model server \"lab\", or set its allow_plaintext_key = true if the way is safe\n");
    for (const std::string_view fine : {"allow_plaintext_key = true\napi_key_env = \"MY_KEY\"", ""}) {
        CHECK(
            resolve(lab("openai-compat", "http://lab.example:8000", fine), for_tool("codex", "M", "lab")).has_value());
    }
    CHECK(resolve(lab("openai-compat", "http://192.168.1.2", with_key), for_tool("codex", "M", "lab")).has_value());
    const config own = lab("openai-compat", "http://lab.example",
                           "api_key_env = \"MY_KEY\"\nextra_env = { OPENAI_API_KEY = \"not-secret\" }");
    CHECK(resolve(own, for_tool("codex", "M", "lab")).has_value());
}

TEST_CASE("the daemon is to learn the key that the server is probed with, and no other, where the user wants that") {
    const auto pushed = [](const config& from, std::string server = "lab") {
        const auto plan = resolve(from, for_tool("codex", "M", std::move(server)), {.push_keys = true});
        return plan ? plan->push_keys : std::vector<std::string>{plan.error().message};
    };
    const config with_its_key = lab("openai-compat", "http://lab:8000", with_key);
    CHECK(pushed(with_its_key) == std::vector<std::string>{"MY_KEY"});
    CHECK(resolve(with_its_key, for_tool("codex", "M", "lab"))->push_keys.empty());
    CHECK(pushed(lab("openai-compat", "http://lab:8000")).empty());
    CHECK(pushed(lab("openai-compat", "http://lab:8000",
                     "api_key_env = \"MY_KEY\"\nextra_env = { OPENAI_API_KEY = \"${OTHER}\" }"))
              .empty());
    CHECK(pushed(with_its_key, "openai-api").empty());
}

TEST_CASE("no proxy comes between the agent and this machine, or one near it") {
    const auto hosts = [](std::string_view url) {
        const auto plan = resolve(lab("ollama", url), for_tool("codex", "M", "lab"));
        REQUIRE(plan.has_value());
        return fmt::format("{}", fmt::join(plan->no_proxy, " "));
    };
    CHECK(hosts("http://localhost:1") == "127.0.0.1 localhost");
    CHECK(hosts("http://127.0.0.1:1") == "127.0.0.1 localhost");
    CHECK(hosts("http://0.0.0.0:1") == "127.0.0.1 localhost");
    CHECK(hosts("http://127.0.0.2:1") == "127.0.0.1 localhost 127.0.0.2");
    CHECK(hosts("http://[::1]:1") == "127.0.0.1 localhost ::1");
    CHECK(hosts("http://dev.localhost:1") == "127.0.0.1 localhost dev.localhost");
    CHECK(hosts("http://192.168.1.2:1") == "192.168.1.2");
    CHECK(hosts("http://gpu.lan:1") == "gpu.lan");
    CHECK(hosts("https://lab.example").empty());
}

TEST_CASE("a ca_file is handed to the agent in its own way") {
    const auto variable = [](std::string_view kind, std::string_view tool, std::string_view file) {
        launch_context context;
        context.home = "/home/me";
        const auto plan = resolve(lab(kind, "https://lab.example", fmt::format("ca_file = \"{}\"", file)),
                                  for_tool(std::string(tool), "M", "lab"), context);
        REQUIRE(plan.has_value());
        const auto found = std::ranges::find_if(
            plan->env, [](const env_entry& entry) { return entry.name.find("CERT") != entry.name.npos; });
        REQUIRE(found != plan->env.end());
        return entry_text(*found);
    };
    CHECK(variable("anthropic-api", "claude", "/etc/ca.pem") == "NODE_EXTRA_CA_CERTS=/etc/ca.pem");
    CHECK(variable("openai-compat", "codex", "/etc/ca.pem") == "CODEX_CA_CERTIFICATE=/etc/ca.pem");
    CHECK(variable("google-api", "gemini", "~/lab/ca.pem") == "NODE_EXTRA_CA_CERTS=/home/me/lab/ca.pem");
}

TEST_CASE("what the server tells of the model is passed on") {
    launch_context context;
    context.server.status = probe_status::ok;
    context.server.last_good = std::make_shared<const std::vector<model>>(
        1, model{.id = "M", .display_name = "M", .context_length = 32768, .max_output_tokens = 4096});
    const auto claude = resolve(lab("anthropic-api", "http://localhost:4000"), for_tool("claude", "M", "lab"), context);
    REQUIRE(claude.has_value());
    REQUIRE(find_entry(claude->env, "CLAUDE_CODE_MAX_CONTEXT_TOKENS") != nullptr);
    CHECK(find_entry(claude->env, "CLAUDE_CODE_MAX_CONTEXT_TOKENS")->text == "32768");
    REQUIRE(find_entry(claude->env, "CLAUDE_CODE_MAX_OUTPUT_TOKENS") != nullptr);
    CHECK(find_entry(claude->env, "CLAUDE_CODE_MAX_OUTPUT_TOKENS")->text == "4096");
    const auto codex = resolve(lab("ollama", ""), for_tool("codex", "M", "lab"), context);
    REQUIRE(codex.has_value());
    CHECK(std::ranges::find(codex->argv, "model_context_window=32768") != codex->argv.end());
    CHECK(codex->warnings.empty());
}

TEST_CASE("gemini takes its settings from the file that root has installed, where there is one") {
    launch_context context;
    context.settings_file = "/usr/share/operator/gemini-settings.json";
    const auto plan = resolve(lab("google-api", "https://lab.example"), for_tool("gemini", "M", "lab"), context);
    REQUIRE(plan.has_value());
    REQUIRE(find_entry(plan->env, "GEMINI_CLI_SYSTEM_SETTINGS_PATH") != nullptr);
    CHECK(find_entry(plan->env, "GEMINI_CLI_SYSTEM_SETTINGS_PATH")->text == "/usr/share/operator/gemini-settings.json");
    CHECK_FALSE(plan->home);
    CHECK(text_of(resolve(config_of(""), for_tool("gemini", "pro"), context)) == "run [gemini] [--model] [pro] *\n");
}

TEST_CASE("the files that are installed have the settings that gemini needs, without a search where none is") {
    for (const auto& [kind, name] :
         {std::pair("google-api", "gemini-settings.json"), std::pair("ollama", "gemini-bridge-settings.json")}) {
        std::ifstream in(std::filesystem::path(OPD_TEST_DATA) / "../../daemon/launch" / name);
        const std::string installed{std::istreambuf_iterator<char>(in), {}};
        launch_context context;
        context.bridge_origin = "http://127.0.0.1:7008";
        const auto plan = resolve(lab(kind, "https://lab.example"), for_tool("gemini", "M", "lab"), context);
        REQUIRE(plan.has_value());
        REQUIRE(plan->home);
        CHECK(boost::json::parse(installed) == plan->home->settings);
        CHECK((installed.find("google_web_search") != installed.npos) == (plan->via == way::bridge));
    }
}

TEST_CASE("a tool that is too old is warned of, on a server and on the vendor's own way") {
    launch_context context;
    context.tool_version = "2.1.325";
    const std::string warning =
        "warning claude 2.1.325 is older than 2.1.330, the oldest that launching was tried with; update it with: npm "
        "install -g @anthropic-ai/claude-code\n";
    const config from = lab("anthropic-api", "https://lab.example");
    CHECK(text_of(resolve(config_of(""), for_tool("claude", "opus"), context)) ==
          "run [claude] [--model] [opus] *\n" + warning);
    CHECK(text_of(resolve(from, for_tool("claude", "M", "lab"), context)) ==
          claude_plan("https://lab.example", false) + warning);
    for (const char* fine : {"", "2.1.330", "2.1.331-beta.1", "3.0", "unheard-of"}) {
        CAPTURE(fine);
        context.tool_version = fine;
        CHECK(text_of(resolve(config_of(""), for_tool("claude", "opus"), context)) ==
              "run [claude] [--model] [opus] *\n");
    }
}

TEST_CASE("a server that is down stops the launch, or is a warning where it is forced") {
    launch_context context;
    context.server.status = probe_status::refused;
    context.server.error = "nobody there";
    context.server.hint = "start it";
    launch_request asked = for_tool("codex", "M", "lab");
    CHECK(text_of(resolve(lab("ollama", ""), asked, context)) ==
          "refused: model server \"lab\" is down: nobody there; start it -> force launch\n");
    asked.force = true;
    CHECK(text_of(resolve(lab("ollama", ""), asked, context)) ==
          codex_plan("http://localhost:11434/v1", false) + std::string(on_this_machine) +
              "warning model server \"lab\" is down: nobody there; start it\n");
}

TEST_CASE("hostile names and values arrive as they are") {
    const std::string hostile = "a\"b\\c\x7F'$(x)`y` \xE6\x97\xA5 -d";
    const config declared = config_of(
        "[[model_servers]]\nname = \"a\\\"b\\\\c'$(x)`y` \xE6\x97\xA5\"\nkind = \"ollama\"\n"
        "base_url = \"http://localhost:9/a%22b'c\"\n");
    const auto codex = resolve(declared, for_tool("codex", hostile, "a\"b\\c'$(x)`y` \xE6\x97\xA5"));
    REQUIRE(codex.has_value());
    CHECK(codex->argv[4] ==
          "model_providers.operatord-a_22b_5cc_27_24_28x_29_60y_60_20_e6_97_a5={name=\"a\\\"b\\\\c'$(x)`y` "
          "\xE6\x97\xA5\", "
          "base_url=\"http://localhost:9/a%22b'c/v1\", wire_api=\"responses\", requires_openai_auth=false, "
          "supports_websockets=false}");
    CHECK(codex->argv[6] == "model=\"a\\\"b\\\\c\\u007F'$(x)`y` \xE6\x97\xA5 -d\"");
    CHECK(codex->model == hostile);

    const auto claude = resolve(lab("anthropic-api", "http://localhost:9"), for_tool("claude", hostile, "lab"));
    REQUIRE(claude.has_value());
    CHECK(find_entry(claude->env, "ANTHROPIC_MODEL")->text == hostile);
    CHECK(text_of(resolve(config_of(""), for_tool("claude", "--help"))) == "run [claude] [--model=--help] *\n");
    CHECK(text_of(resolve(config_of(""), for_tool("gemini", "-m"))) == "run [gemini] [--model=-m] *\n");
    CHECK(text_of(resolve(config_of(""), for_tool("codex", "a\nb"))) == "run [codex] [-c] [model=\"a\\nb\"] *\n");
}

TEST_CASE("each server's sessions have a provider of their own, whatever its name, and none of two servers") {
    const auto provider = [](std::string_view name) {
        const auto plan = resolve(config_of(fmt::format("[[model_servers]]\nname = \"{}\"\nkind = \"ollama\"\n", name)),
                                  for_tool("codex", "M", std::string(name)));
        REQUIRE(plan.has_value());
        return plan->argv[2];
    };
    CHECK(provider("lab-2") == "model_provider=\"operatord-lab-2\"");
    CHECK(provider("Lab 2") == "model_provider=\"operatord-_4cab_202\"");
    CHECK(provider("lab_2") == "model_provider=\"operatord-lab_5f2\"");
}

TEST_CASE("a model that gemini cannot ask for is named by a header through the bridge, else it is warned about") {
    for (const std::string odd : {"a b", "a#b", "a?b", "a&b", "a%b", "\xE6\x97\xA5"}) {
        CAPTURE(odd);
        launch_context context;
        context.bridge_origin = "http://127.0.0.1:7008";
        const auto bridged = resolve(lab("ollama", ""), for_tool("gemini", odd, "lab"), context);
        REQUIRE(bridged.has_value());
        CHECK(find_entry(bridged->env, "GEMINI_MODEL")->text == "operator-model");
        CHECK(find_entry(bridged->env, "GEMINI_CLI_CUSTOM_HEADERS")->text ==
              "X-Operator-Model: " + percent_encoded(odd));
        CHECK(bridged->warnings.empty());
        const auto direct = resolve(lab("google-api", "http://localhost:9"), for_tool("gemini", odd, "lab"));
        REQUIRE(direct.has_value());
        CHECK(find_entry(direct->env, "GEMINI_MODEL")->text == odd);
        REQUIRE(direct->warnings.size() == 1);
        CHECK(direct->warnings[0].starts_with("gemini cannot ask for the model \"" + odd + "\" itself"));
    }
    const auto plain = resolve(lab("google-api", "http://localhost:9"), for_tool("gemini", "a/b:c@1.5~x+", "lab"));
    REQUIRE(plain.has_value());
    CHECK(plain->warnings.empty());
}

TEST_CASE("what no program can be given is refused") {
    launch_request asked = for_tool("codex", "m");
    asked.model->push_back('\0');
    CHECK(text_of(resolve(config_of(""), for_tool("claude", *asked.model))) ==
          "refused: a model, flag or variable holds a NUL character, which no program can be given\n");
}

TEST_CASE("a plan as JSON: the fields of the contract in their order, then ours") {
    const auto plan = resolve(lab("ollama", "",
                                  "api_key_env = \"MY_KEY\"\nextra_env = { A = \"s\", B = \"${REF}\" }\n"
                                  "[[delegators]]\nname = \"d\"\nllm_tool = \"codex\"\nmodel = \"M\"\n"
                                  "model_server = \"lab\"\nlaunch_config = { docker = true }"),
                              for_delegator("d"));
    REQUIRE(plan.has_value());
    const std::string argv =
        R"(["codex","-c","model_provider=\"operatord-lab\"","-c","model_providers.operatord-lab={name=\"lab\", )"
        R"(base_url=\"http://localhost:11434/v1\", wire_api=\"responses\", requires_openai_auth=false, )"
        R"(supports_websockets=false, env_key=\"CODEX_OPERATOR_KEY\"}","-c","model=\"M\"","-c",)"
        R"("cli_auth_credentials_store=\"ephemeral\"","-c","analytics.enabled=false","-c","check_for_update_on_startup=false","-c","features.plugins=false","-c",)"
        R"("features.apps=false","-c","web_search=\"disabled\""])";
    const auto expected = [&](std::string_view a) {
        return R"({"tool":"codex","argv":)" + argv +
               R"(,"env":[{"name":"OPENAI_BASE_URL","value":"http://localhost:11434/v1","secret":false},)"
               R"({"name":"OPENAI_API_KEY","from_env":"MY_KEY"},{"name":"CODEX_OPERATOR_KEY","from_env":"MY_KEY"},)"
               R"({"name":"A","value":")" +
               std::string(a) +
               R"(","secret":true},{"name":"B","from_env":"REF"}],"unset":["CODEX_API_KEY","CODEX_ACCESS_TOKEN"],)"
               R"("model_server":"lab","model":"M","via":"direct","protocol":"responses","losses":[],)"
               R"("warnings":["launch_config.docker is for other programs: launching )"
               R"(does not act on it"],"delegator":"d","no_proxy":["127.0.0.1","localhost"],"private_home":null,)"
               R"("install_hint":"npm install -g @openai/codex","args_at":19,"push_keys":[]})";
    };
    CHECK(encode_plan(*plan, true) == expected("s"));
    CHECK(encode_plan(*plan, false) == expected("***"));
}

TEST_CASE("a plan as JSON: the home that gemini gets, and no delegator") {
    const auto plan = resolve(lab("google-api", "https://lab.example"), for_tool("gemini", "M", "lab"));
    REQUIRE(plan.has_value());
    const auto fields = boost::json::parse(encode_plan(*plan, false)).as_object();
    CHECK(fields.at("delegator").is_null());
    const auto& home = fields.at("private_home").as_object();
    CHECK(home.at("variable") == "GEMINI_CLI_HOME");
    CHECK(home.at("folder") == ".gemini");
    CHECK(home.at("file") == "settings.json");
    CHECK(home.at("settings").at("security").at("auth").at("selectedType") == "gemini-api-key");
}
