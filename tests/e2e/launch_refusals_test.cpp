// What a launch says about bad input, whole and with its exit code; nothing is started then.

#include "tests/e2e/launch_scene.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <csignal>

using namespace opd::test;
namespace fs = std::filesystem;

namespace {

using words = std::vector<std::string>;

const std::string some_file = unprobed_server("ollama-local", "ollama", "",
                                              "api_key_env = \"LAB_KEY\"\n"
                                              "extra_env = { TEAM = \"${LAB_TEAM}\" }") +
                              R"(
[[delegators]]
name = "codex-qwen"
llm_tool = "codex"
model = "qwen"
model_server = "ollama-local"

[[delegators]]
name = "far-away"
llm_tool = "claude"
model = "opus"
remote_agent = { platform = "cloud", id = "7" }

[[delegators]]
name = "left-over"
llm_tool = "codex"
model = "qwen"
model_server = "olama-local"

[[delegators]]
name = "other-tool"
llm_tool = "aider"
model = "qwen"

[[delegators]]
name = "careless"
llm_tool = "codex"
model = "qwen"
launch_config = { yolo = "false" }
)";

void check_refused(const ended& end, int exit_code, const std::string& message) {
    CHECK_FALSE(end.agent.has_value());
    CHECK(end.exit_code == exit_code);
    CHECK(end.out.empty());
    CHECK(end.err == message);
}

std::string usage(std::string_view message) {
    return fmt::format("operatorctl: {}\nTry: operatorctl --help\n", message);
}

/// A list as OpenAI-compatible servers give it.
script models(const words& ids) {
    std::string data;
    for (const std::string& id : ids)
        data += fmt::format("{}{{\"id\":\"{}\",\"object\":\"model\"}}", data.empty() ? "" : ",", id);
    return json_answer(200, fmt::format("{{\"object\":\"list\",\"data\":[{}]}}", data));
}

std::string compat_server(std::string_view name, std::string_view base_url) {
    return fmt::format("[[model_servers]]\nname = \"{}\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n", name,
                       base_url);
}

}  // namespace

TEST_CASE("words that make no sense together, and names that nobody has") {
    launch_scene scene(some_file);
    scene.caller.insert({{"LAB_KEY", "k"}, {"LAB_TEAM", "red"}});

    struct {
        words asked;
        int exit_code;
        std::string message;
    } const table[] = {
        {{"--delegator", "codex-qwen", "--llm-tool", "codex", "--model", "m"},
         64,
         usage("--delegator excludes --llm-tool")},
        {{"--delegator", "codex-qwen", "--model-server", "ollama-local"},
         64,
         usage("--delegator excludes --model-server")},
        {{"--llm-tool", "codex"}, 64, usage("--llm-tool requires --model")},
        {{"--llm-tool", "codex", "--model-server", "ollama-local"}, 64, usage("--llm-tool requires --model")},
        {{"--model", "m"}, 64, usage("--model requires --llm-tool")},
        {{"--model", "m", "--model-server", "ollama-local"}, 64, usage("--model requires --llm-tool")},
        {{"--model-server", "ollama-local"}, 64, usage("--model-server requires --llm-tool")},
        {{"--delegator", ""}, 64, usage("--delegator: the name is empty")},
        {{"--delegator", "a\nb"}, 64, usage("--delegator: the name \"a\uFFFDb\" holds a control character")},
        {{"--llm-tool", "codex", "--model", "\xFF"}, 64, usage("--model: is not UTF-8")},
        {{"--delegator", "codex-qwen", "--prompt", "\xFF"}, 64, usage("--prompt: is not UTF-8")},
        {{"--print", "--script", "x"}, 64, usage("--print excludes --script")},

        {{"--delegator", "codex-qwem"}, 1, "no delegator is called \"codex-qwem\"; did you mean \"codex-qwen\"?\n"},
        {{"--delegator", "zzz"}, 1, "no delegator is called \"zzz\"; operatorctl delegators lists them\n"},
        {{"--llm-tool", "codxe", "--model", "m"}, 1, "unknown llm tool \"codxe\"; did you mean \"codex\"?\n"},
        {{"--llm-tool", "aider", "--model", "m"},
         1,
         "unknown llm tool \"aider\"; the tools are claude, codex and gemini\n"},
        {{"--llm-tool", "codex", "--model", "m", "--model-server", "olama-local"},
         1,
         "no model server is called \"olama-local\"; did you mean \"ollama-local\"?\n"},
        {{"--llm-tool", "codex", "--model", "m", "--model-server", "zzz"},
         1,
         "no model server is called \"zzz\"; operatorctl servers lists them\n"},
        {{"--llm-tool", "codex", "--model", "a\nb"}, 1, "model holds a control character; take it out\n"},

        {{"--delegator", "far-away"},
         1,
         "delegator \"far-away\" stands for a remote agent and can only be exported, not launched here; launch another "
         "one\n"},
        {{"--delegator", "left-over"},
         1,
         "delegator \"left-over\": no model server is called \"olama-local\"; did you mean \"ollama-local\"?\n"},
        {{"--delegator", "other-tool"},
         1,
         "delegator \"other-tool\": unknown llm tool \"aider\"; the tools are claude, codex and gemini\n"},
        {{"--delegator", "careless"},
         1,
         "delegator \"careless\" cannot be launched: launch_config.yolo must be true or false\n"},
        {{},
         1,
         "there is no default to launch: neither is there one delegator only, or one for the default tool, nor does "
         "[llm_tools] name both a default_tool and a default_model; name a delegator, or a tool and a model\n"},
    };

    for (const auto& row : table) {
        CAPTURE(row.message);
        check_refused(scene.launch(row.asked), row.exit_code, row.message);
    }
    check_refused(scene.run({program_path("operatorctl"), "--url", "http://127.0.0.1:1", "launch"}), 64,
                  usage("launch needs the unix socket of operatord, since it hides values of extra_env from --url; "
                        "leave --url out, or name the socket with --socket PATH"));
}

TEST_CASE("an agent that is not installed, and how to install it") {
    launch_scene scene("");
    const fs::path programs = scene.home().path() / "bin";
    const std::pair<const char*, const char*> packages[] = {
        {"claude", "@anthropic-ai/claude-code"}, {"codex", "@openai/codex"}, {"gemini", "@google/gemini-cli"}};
    scene.caller["PATH"] = programs.string();
    for (const auto& [tool, package] : packages) {
        CAPTURE(tool);
        fs::remove(programs / tool);
        check_refused(scene.launch({"--tool", tool, "--model", "m"}), 127,
                      fmt::format("{}: not found on PATH; install it with: npm install -g {}\n", tool, package));
    }
    fs::create_directory(programs / "claude");
    check_refused(scene.launch({"--tool", "claude", "--model", "m"}), 127,
                  "claude: not found on PATH; install it with: npm install -g @anthropic-ai/claude-code\n");
    const fs::path locked = scene.home().write("bin/codex", "#!/bin/sh\n");
    fs::permissions(locked, fs::perms::owner_read);
    check_refused(scene.launch({"--tool", "codex", "--model", "m"}), 126,
                  locked.string() + ": no permission to execute it; see it with: ls -l\n");
    const fs::path broken = scene.home().write("bin/gemini", "#!/no/such/interpreter\n");
    fs::permissions(broken, fs::perms::owner_all);
    check_refused(
        scene.launch({"--tool", "gemini", "--model", "m"}), 127,
        fmt::format("cannot execute {}: its interpreter /no/such/interpreter is not there\n", broken.string()));
}

TEST_CASE("a key variable that is not set, or is empty, is named") {
    launch_scene scene(some_file);
    const std::string key =
        "LAB_KEY is not set here, and OPENAI_API_KEY for ollama-local comes from it; set it first: "
        "export LAB_KEY=...\n";
    const std::string team =
        "LAB_TEAM is not set here, and TEAM for ollama-local comes from it; set it first: export LAB_TEAM=...\n";
    check_refused(scene.launch({"--delegator", "codex-qwen"}), 1, key + team);
    scene.caller.insert({{"LAB_KEY", ""}, {"LAB_TEAM", "red"}});
    check_refused(scene.launch({"--delegator", "codex-qwen"}), 1, key);
    check_refused(scene.launch({"--delegator", "codex-qwen", "--force"}), 1, key);
    scene.caller["LAB_KEY"] = "k";
    CHECK(scene.launch({"--delegator", "codex-qwen"}).exit_code == 0);
}

TEST_CASE("a server that is down is refused at once, unless that is wanted") {
    const refusing_port nobody;
    const silent_port silence;
    launch_scene scene("[probes]\ntimeout = \"300ms\"\n" + compat_server("down", nobody.base_url()) +
                       compat_server("silent", silence.base_url()));
    const words on_down{"--tool", "codex", "--model", "m", "--model-server", "down"};
    const std::string refused = fmt::format(
        "model server \"down\" is down: {} refused the connection: nothing listens there; start the server, or set "
        "base_url of model server \"down\" to where it runs",
        nobody.base_url());
    const auto begin = std::chrono::steady_clock::now();
    check_refused(scene.launch(on_down), 1, refused + "; --force launches anyway\n");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));

    words forced = on_down;
    forced.emplace_back("--force");
    const ended end = scene.launch(forced);
    CHECK(end.exit_code == 0);
    CHECK(end.err == "warning: " + refused + "\n");
    CHECK(end.agent.has_value());

    const ended silent = scene.launch({"--tool", "codex", "--model", "m", "--model-server", "silent"});
    CHECK_FALSE(silent.agent.has_value());
    CHECK(silent.exit_code == 1);
    CHECK(
        silent.err ==
        fmt::format("model server \"silent\" is down: connecting to {} took more than 300ms; check that the machine is "
                    "on, that base_url of model server \"silent\" is right, and that no firewall or VPN is in the "
                    "way; --force launches anyway\n",
                    silence.base_url()));
}

TEST_CASE("a server that has come up again is asked once more, and the agent starts") {
    model_server_sim server;
    server.greet_with(greeting::close);
    launch_scene scene("[probes]\ninterval = \"1h\"\n" + compat_server("lab", server.base_url()));
    scene.daemon().wait_for_status("lab", "network_error");
    server.answer("/v1/models", models({"m"}));
    server.greet_with(greeting::serve);
    const ended end = scene.launch({"--tool", "codex", "--model", "m", "--model-server", "lab", "--direct"});
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    CHECK(end.agent.has_value());
}

TEST_CASE("a model that the server does not list is a warning, with the closest ids") {
    model_server_sim server;
    server.answer("/v1/models", models({"qwen2.5-coder:7b", "qwen2.5-coder:32b", "llama3.3", "phi4", "gemma3"}));
    model_server_sim empty;
    empty.answer("/v1/models", models({}));
    launch_scene scene(compat_server("lab", server.base_url()) + compat_server("empty", empty.base_url()));

    struct {
        std::string server;
        std::string model;
        std::string warning;
    } const table[] = {
        {"lab", "phi4", ""},
        {"lab", "phi-4", "warning: model server \"lab\" does not list the model \"phi-4\"; did you mean \"phi4\"?\n"},
        {"lab", "qwen2.5-coder:8b",
         "warning: model server \"lab\" does not list the model \"qwen2.5-coder:8b\"; the closest are "
         "\"qwen2.5-coder:7b\" and \"qwen2.5-coder:32b\"\n"},
        {"lab", "$(x)`y`'\"",
         "warning: model server \"lab\" does not list the model \"$(x)`y`'\"\"; it lists \"qwen2.5-coder:7b\", "
         "\"qwen2.5-coder:32b\" and \"llama3.3\", and 2 more\n"},
        {"empty", "m", "warning: model server \"empty\" does not list the model \"m\"; it lists none at all\n"},
    };

    for (const auto& row : table) {
        CAPTURE(row.model);
        const ended end =
            scene.launch({"--tool", "codex", "--model", row.model, "--model-server", row.server, "--direct"});
        CHECK(end.exit_code == 0);
        CHECK(end.agent.has_value());
        CHECK(end.err == row.warning);
    }
}

TEST_CASE("hostile names and values are only ever texts") {
    const std::string hostile = "o'dd \"$(touch pwned)\" `touch pwned` ;touch pwned; \\n %s \u65E5\u672C -x";
    const std::string in_toml = R"("o'dd \"$(touch pwned)\" `touch pwned` ;touch pwned; \\n %s \u65E5\u672C -x")";
    launch_scene scene(
        fmt::format("[[model_servers]]\nname = {0}\nkind = \"ollama\"\nprobe = \"never\"\n"
                    "extra_env = {{ ODD = {0} }}\n"
                    "[[delegators]]\nname = {0}\nllm_tool = \"codex\"\nmodel = {0}\nmodel_server = {0}\n"
                    "launch_config = {{ flags = [{0}, \"\"], prompt_prefix = {0} }}\n",
                    in_toml));
    const ended end = scene.launch({"--delegator", hostile, "--prompt", hostile + "\n"});
    CHECK(end.exit_code == 0);
    CHECK(end.err.empty());
    REQUIRE(end.agent.has_value());
    CHECK(end.agent->variable("ODD") == hostile);
    const words& argv = end.agent->argv;
    REQUIRE(argv.size() == 23);
    CHECK(argv[2].starts_with("model_provider=\"operatord-o_27dd_20_22_24_28touch"));
    const std::string provider = argv[2].substr(16, argv[2].size() - 17);
    CHECK(argv[4] == fmt::format("model_providers.{}={{name={}, base_url=\"http://localhost:11434/v1\", "
                                 "wire_api=\"responses\", requires_openai_auth=false, supports_websockets=false}}",
                                 provider,
                                 R"("o'dd \"$(touch pwned)\" `touch pwned` ;touch pwned; \\n %s )"
                                 "\u65E5\u672C -x\""));
    CHECK(argv[6] == "model=\"o'dd \\\"$(touch pwned)\\\" `touch pwned` ;touch pwned; \\\\n %s \u65E5\u672C -x\"");
    CHECK(argv[19] == hostile);
    CHECK(argv[20].empty());
    CHECK(argv[21] == "--");
    CHECK(argv[22] == hostile + "\n\n" + hostile + "\n");

    check_refused(scene.launch({"--tool", hostile, "--model", "m"}), 1,
                  fmt::format("unknown llm tool \"{}\"; the tools are claude, codex and gemini\n", hostile));
    check_refused(scene.launch({"--delegator", hostile + "?"}), 1,
                  fmt::format("no delegator is called \"{0}?\"; did you mean \"{0}\"?\n", hostile));
    CHECK_FALSE(fs::exists("pwned"));
    CHECK_FALSE(fs::exists(scene.home().path() / "pwned"));
}

TEST_CASE("where no daemon runs, a launch says how to start it, whatever it was to do") {
    launch_scene scene("");
    const std::string message = fmt::format(
        "operatord is not running at {}; start it with: systemctl --user start operatord   (or: operatord &)\n",
        scene.daemon().socket().string());
    scene.daemon().program().send_signal(SIGKILL);  // its socket stays behind
    REQUIRE(scene.daemon().program().wait_for_exit() == 128 + SIGKILL);
    CHECK(fs::exists(scene.daemon().socket()));
    const std::string script = (scene.home().path() / "run.sh").string();
    for (const words& more : {words{}, words{"--force"}, words{"--print"}, words{"--script", script}}) {
        words asked{"--tool", "codex", "--model", "m"};
        asked.insert(asked.end(), more.begin(), more.end());
        check_refused(scene.launch(asked), 69, message);
    }
    fs::remove(scene.daemon().socket());
    check_refused(scene.launch({}), 69, message);
    CHECK_FALSE(fs::exists(script));
}
