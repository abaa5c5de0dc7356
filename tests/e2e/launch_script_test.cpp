// What `launch` shows instead of launching, and the scripts that it writes.

#include "config/base/version.hpp"
#include "tests/e2e/launch_scene.hpp"
#include "tests/e2e/rest.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

#include <sys/stat.h>

using namespace opd::test;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

using words = std::vector<std::string>;

const std::string hostile = "a'b\"c$(touch pwned)`touch pwned`\\ \n\t${HOME} ! * ~ %s \u65E5\u672C";
const std::string hostile_in_toml = R"("a'b\"c$(touch pwned)`touch pwned`\\ \n\t${HOME} ! * ~ %s \u65E5\u672C")";

/// A server for each tool, with a key and a secret in extra_env.
std::string bridges() {
    std::string toml;
    for (const auto& [name, kind] : {std::pair("for-claude", "anthropic-api"), std::pair("for-codex", "openai-compat"),
                                     std::pair("for-gemini", "google-api")}) {
        toml += unprobed_server(name, kind, "http://localhost:4000/it's",
                                "api_key_env = \"MY_KEY\"\n"
                                "extra_env = { TEAM_TOKEN = \"hush-hush\", SECOND = \"${OTHER}\" }");
    }
    return toml;
}

const process::environment keys{{"MY_KEY", "the-key-0123456789 '\"$(x)`y`\\"},
                                {"OTHER", "other's"},
                                {"TEAM_TOKEN", "hush-hush"},
                                {"ANTHROPIC_API_KEY", "sk-ant-own"},
                                {"ANTHROPIC_AUTH_TOKEN", "own-token"},
                                {"OPENAI_API_KEY", "sk-own"},
                                {"CODEX_API_KEY", "sk-codex-own"},
                                {"GOOGLE_API_KEY", "AIza-own"},
                                {"NO_PROXY", "corp.example"}};

/// The agent started the one way and the other: no difference but what a shell itself adds or cannot hand on.
void check_same(const agent_notes& launched, const agent_notes& scripted) {
    process::environment before = launched.environment;
    process::environment after = scripted.environment;
    for (const char* of_shell : {"PWD", "OLDPWD", "_", "SHLVL"}) {
        before.erase(of_shell);
        after.erase(of_shell);
    }
    CHECK(difference(before, after).empty());
    CHECK(scripted.argv == launched.argv);
    CHECK(scripted.surroundings == launched.surroundings);
}

void check_no_secret(const std::string& text) {
    for (const char* secret : {"the-key-", "hush-hush", "sk-ant-own", "own-token", "sk-own", "sk-codex", "AIza-own"}) {
        CAPTURE(secret);
        CHECK(text.find(secret) == text.npos);
    }
}

}  // namespace

TEST_CASE("--print shows the whole plan, without a secret, and what would keep it from running") {
    launch_scene scene(bridges());
    scene.caller.insert(keys.begin(), keys.end());
    const words asked{"--tool", "codex", "--model", "two words", "--model-server", "for-codex", "--print"};
    words with_arguments = asked;
    with_arguments.insert(with_arguments.end(), {"--", "it's", ""});
    const ended shown = scene.launch(with_arguments);
    CHECK(shown.exit_code == 0);
    CHECK(shown.err.empty());
    CHECK_FALSE(shown.agent.has_value());
    check_no_secret(shown.out);
    CHECK(shown.out ==
          fmt::format("program       {}/bin/codex\n"
                      "model         two words\n"
                      "model server  for-codex\n"
                      "command       codex -c 'model_provider=\"operatord-for-codex\"' -c "
                      "'model_providers.operatord-for-codex={{name=\"for-codex\", "
                      "base_url=\"http://localhost:4000/it'\\''s/v1\", "
                      "wire_api=\"responses\", requires_openai_auth=false, supports_websockets=false, "
                      "env_key=\"CODEX_OPERATOR_KEY\"}}' -c 'model=\"two words\"' -c "
                      "'cli_auth_credentials_store=\"ephemeral\"' -c analytics.enabled=false -c "
                      "check_for_update_on_startup=false -c features.plugins=false -c features.apps=false -c "
                      "'web_search=\"disabled\"' 'it'\\''s' ''\n"
                      "set           OPENAI_BASE_URL='http://localhost:4000/it'\\''s/v1'\n"
                      "              OPENAI_API_KEY=${{MY_KEY}}\n"
                      "              CODEX_OPERATOR_KEY=${{MY_KEY}}\n"
                      "              TEAM_TOKEN=***\n"
                      "              SECOND=${{OTHER}}\n"
                      "unset         CODEX_API_KEY\n"
                      "              CODEX_ACCESS_TOKEN\n"
                      "no proxy for  127.0.0.1, localhost\n"
                      "later         operatorctl launch --resume   (in this folder, or with the ID of a session)\n",
                      scene.home().path().string()));

    scene.caller.erase("MY_KEY");
    scene.caller["PATH"] = "/nowhere";
    const ended lacking = scene.launch(asked);
    CHECK(lacking.exit_code == 0);
    CHECK(lacking.out.ends_with(
        "no proxy for  127.0.0.1, localhost\n"
        "later         operatorctl launch --resume   (in this folder, or with the ID of a session)\n"
        "warning       MY_KEY is not set here, and OPENAI_API_KEY for for-codex comes from it; set it first: export "
        "MY_KEY=...\n"
        "              codex: not found on PATH; install it with: npm install -g @openai/codex\n"));
}

TEST_CASE("--print --json is the plan as one document, without a secret") {
    launch_scene scene(bridges());
    scene.caller.insert(keys.begin(), keys.end());
    const ended shown = scene.run(scene.operatorctl({"--json", "launch", "--tool", "gemini", "--model", "m",
                                                     "--model-server", "for-gemini", "--print", "--", "\xFF\"\n"}));
    CHECK(shown.exit_code == 0);
    CHECK(shown.err.empty());
    CHECK_FALSE(shown.agent.has_value());
    check_no_secret(shown.out);
    const json::value plan = json::parse(shown.out);
    CHECK(plan.at("tool") == "gemini");
    CHECK(plan.at("argv") == json::array{"gemini", "\uFFFD\"\uFFFD"});
    CHECK(plan.at("model_server") == "for-gemini");
    CHECK(plan.at("model") == "m");
    CHECK(plan.at("path").as_string() == (scene.home().path() / "bin/gemini").string());
    const auto variable = [&plan](std::string_view name) {
        for (const json::value& one : plan.at("env").as_array())
            if (one.at("name").as_string() == name) return json::serialize(one);
        return std::string();
    };
    CHECK(variable("GEMINI_API_KEY") == R"({"name":"GEMINI_API_KEY","from_env":"MY_KEY"})");
    CHECK(variable("TEAM_TOKEN") == R"({"name":"TEAM_TOKEN","value":"***","secret":true})");
    CHECK(variable("SECOND") == R"({"name":"SECOND","from_env":"OTHER"})");
    CHECK(variable("GOOGLE_GEMINI_BASE_URL") ==
          R"({"name":"GOOGLE_GEMINI_BASE_URL","value":"http://localhost:4000/it's","secret":false})");
}

TEST_CASE("a script does what the launch does, later and without the daemon") {
    launch_scene scene(bridges());
    scene.caller.insert(keys.begin(), keys.end());
    const auto file = [&scene](std::string_view tool) { return (scene.home().path() / tool).string() + ".sh"; };
    std::vector<agent_notes> launched;
    for (const std::string tool : {"claude", "codex", "gemini"}) {
        CAPTURE(tool);
        words asked{"--tool", tool, "--model", hostile.substr(0, 20), "--model-server", "for-" + tool};
        words direct = asked;
        direct.insert(direct.end(), {"--prompt", hostile, "--", "--flag", hostile, "", "\xFF", "more"});
        const ended end = scene.launch(direct);
        REQUIRE(end.agent.has_value());
        launched.push_back(*end.agent);
        asked.insert(asked.end(), {"--prompt", hostile, "--script", file(tool), "--", "--flag", hostile, "", "\xFF"});
        const ended written = scene.launch(asked);
        CHECK(written.exit_code == 0);
        CHECK_FALSE(written.agent.has_value());
        CHECK(written.out == file(tool) + " written\n");
        CHECK(written.err.starts_with("warning: gemini cannot ask for the model") == (tool == "gemini"));
        CHECK(written.err.ends_with(
            fmt::format("note: the values in extra_env of for-{} are in it: keep it to yourself\n", tool)));
        struct stat found{};
        REQUIRE(::stat(file(tool).c_str(), &found) == 0);
        CHECK(found.st_mode == (S_IFREG | 0700));
        std::string text = read_file(file(tool));
        CHECK(text.find("export TEAM_TOKEN=hush-hush\n") != text.npos);
        text.erase(text.find("hush-hush"), 9);
        check_no_secret(text);
        CHECK(text.starts_with("#!/bin/sh\n"));
        CHECK(text.find("=\"${MY_KEY}\"\n") != text.npos);
    }
    scene.daemon().program().send_signal(SIGTERM);
    REQUIRE(scene.daemon().program().wait_for_exit() == 0);

    auto expected = launched.begin();
    for (const std::string tool : {"claude", "codex", "gemini"}) {
        for (const words& shell : {words{}, words{"/bin/dash"}, words{"/bin/bash"}, words{"/bin/bash", "--posix"}}) {
            CAPTURE(tool);
            CAPTURE(shell.size());
            if (!shell.empty() && !fs::exists(shell.front())) continue;
            words command = shell;
            command.insert(command.end(), {file(tool), "more"});
            const ended end = scene.run(command);
            CHECK(end.exit_code == 0);
            CHECK(end.out.empty());
            CHECK(end.err.empty());
            REQUIRE(end.agent.has_value());
            check_same(*expected, *end.agent);
        }
        ++expected;
    }
    CHECK_FALSE(fs::exists("pwned"));

    scene.caller["AGENT_STUB_END"] = "exit 7";
    CHECK(scene.run({file("codex")}).exit_code == 7);
    scene.caller["AGENT_STUB_END"] = "signal 9";
    const process killed({file("codex")}, scene.caller);
    CHECK(killed.wait_for_exit() == 128 + 9);
    REQUIRE(scene.take_notes().has_value());
}

TEST_CASE("the script of a builtin, and of what else needs nothing, is as short as it can be") {
    launch_scene scene("");
    const std::string file = (scene.home().path() / "run.sh").string();
    const ended written = scene.launch({"--tool", "claude", "--model", "opus", "--script", file, "--", "-p", "hi"});
    CHECK(written.exit_code == 0);
    CHECK(written.err.empty());
    CHECK(read_file(file) ==
          fmt::format("#!/bin/sh\n"
                      "# Starts claude with the model opus on anthropic-api.\n"
                      "# Written by operatorctl {} (launch --script). There is no key in it: keys come from the "
                      "environment.\n"
                      "\n"
                      "command -v claude >/dev/null || {{ printf '%s\\n' 'claude: not found on PATH; install it with: "
                      "npm install -g @anthropic-ai/claude-code' >&2; exit 127; }}\n"
                      "exec claude --model opus -p hi \"$@\"\n",
                      opd::version()));
}

TEST_CASE("a script without its key, or its agent, says what is missing") {
    launch_scene scene(bridges());
    scene.caller.insert(keys.begin(), keys.end());
    const std::string file = (scene.home().path() / "run.sh").string();
    // A script can be written where nothing of it could run.
    scene.caller.erase("MY_KEY");
    scene.caller["PATH"] = "/nowhere";
    const ended written =
        scene.launch({"--tool", "codex", "--model", "m", "--model-server", "for-codex", "--script", file});
    REQUIRE(written.exit_code == 0);

    const auto run = [&] { return scene.run({"/bin/dash", file}); };
    for (const bool empty : {false, true}) {
        if (empty) scene.caller["MY_KEY"] = "";
        const ended no_key = run();
        CHECK_FALSE(no_key.agent.has_value());
        CHECK(no_key.exit_code == 2);
        CHECK(no_key.err == fmt::format("{}: 5: MY_KEY: is not set; OPENAI_API_KEY comes from it\n", file));
    }
    scene.caller["MY_KEY"] = "k";
    const ended no_agent = run();
    CHECK(no_agent.exit_code == 127);
    CHECK(no_agent.err == "codex: not found on PATH; install it with: npm install -g @openai/codex\n");
    scene.caller["PATH"] = (scene.home().path() / "bin").string();
    CHECK(run().agent.has_value());
}

TEST_CASE("a script takes the place of a file only where that is wanted, and of nothing else") {
    launch_scene scene("");
    const auto write = [&scene](const std::string& file, bool force) {
        words asked{"--tool", "codex", "--model", "m", "--script", file};
        if (force) asked.emplace_back("--force");
        return scene.launch(asked);
    };
    const std::string file = scene.home().write("mine.sh", "mine").string();
    const ended kept = write(file, false);
    CHECK(kept.exit_code == 1);
    CHECK(kept.err == file + " exists already; --force replaces it\n");
    CHECK(read_file(file) == "mine");
    CHECK(write(file, true).out == file + " written\n");
    CHECK(read_file(file).starts_with("#!/bin/sh\n"));

    const fs::path folder = scene.home().path() / "folder";
    fs::create_directory(folder);
    const fs::path pipe = scene.home().path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const fs::path link = scene.home().path() / "link";
    fs::create_symlink("/dev/null", link);
    for (const fs::path& other : {folder, pipe, link}) {
        for (const bool force : {false, true}) {
            CAPTURE(other);
            const ended refused = write(other.string(), force);
            CHECK(refused.exit_code == 1);
            CHECK(refused.out.empty());
            CHECK(refused.err ==
                  fmt::format("cannot write {}: it is not a regular file; remove it, or choose another name\n",
                              other.string()));
        }
    }
    CHECK(fs::is_directory(folder));
    CHECK(fs::is_fifo(pipe));
    CHECK(fs::is_symlink(link));
    CHECK(write("", false).err == "the file to write has no name; name one\n");
    CHECK(write("/no/such/folder/run.sh", false).err ==
          "cannot write /no/such/folder/run.sh: No such file or directory\n");
}

TEST_CASE("a script with hostile names and values in it") {
    launch_scene scene(
        fmt::format("[[model_servers]]\nname = \"odd\"\nkind = \"openai-compat\"\n"
                    "base_url = \"http://localhost:4000/a'b;touch%20pwned&$(x)\"\nprobe = \"never\"\n"
                    "[[delegators]]\nname = \"odd\"\nllm_tool = \"codex\"\n"
                    "model = '''\"; touch pwned; $(touch pwned) `touch pwned` ' # ''' \n"
                    "model_server = \"odd\"\nlaunch_config = {{ flags = [{}] }}\n",
                    hostile_in_toml));
    const std::string file = (scene.home().path() / "it's $(touch pwned).sh").string();
    const ended launched = scene.launch({"--delegator", "odd"});
    REQUIRE(launched.agent.has_value());
    const ended written = scene.launch({"--delegator", "odd", "--script", file});
    CHECK(written.exit_code == 0);
    CHECK(written.out == file + " written\n");
    const ended scripted = scene.run({"/bin/dash", file});
    CHECK(scripted.err.empty());
    REQUIRE(scripted.agent.has_value());
    check_same(*launched.agent, *scripted.agent);
    CHECK_FALSE(fs::exists("pwned"));
    CHECK_FALSE(fs::exists(scene.home().path() / "pwned"));
}
