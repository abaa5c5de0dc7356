#include "client/launch/launch.hpp"
#include "config/base/version.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace opd;
namespace fs = std::filesystem;

namespace {

plan_variable literal(std::string name, std::string value, bool secret = false) {
    return {.name = std::move(name), .value = std::move(value), .from_env = {}, .secret = secret};
}

plan_variable reference(std::string name, std::string from) {
    return {.name = std::move(name), .value = {}, .from_env = std::move(from)};
}

received_plan usual() {
    return {.tool = "codex",
            .argv = {"codex", "-c", "model_provider=\"lab\""},
            .args_at = 3,
            .env = {literal("OPENAI_BASE_URL", "http://lab/v1"), reference("OPENAI_API_KEY", "LAB_KEY")},
            .unset = {"ANTHROPIC_API_KEY", "OPENAI_API_KEY"},
            .model_server = "lab",
            .model = "m",
            .install_hint = "npm install -g @openai/codex"};
}

struct ran {
    int exit_code;
    std::string out;
    std::string err;
    std::vector<std::string> environment;  ///< of the agent
    std::vector<std::string> argv;

    bool has(const std::string& entry) const { return std::ranges::find(environment, entry) != environment.end(); }

    bool has_variable(const std::string& name) const {
        return std::ranges::any_of(environment,
                                   [&name](const std::string& entry) { return entry.starts_with(name + "="); });
    }
};

std::vector<std::string> split_at_nul(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::vector<std::string> out;
    for (std::string one; std::getline(in, one, '\0');) out.push_back(one);
    return out;
}

/// Runs a script with an agent that writes down its arguments and its environment.
ran run(const std::string& script, test::process::environment variables, const std::vector<std::string>& words = {}) {
    const test::temp_folder folder;
    const fs::path agent = folder.write("bin/codex",
                                        "#!/bin/sh\n"
                                        "cat /proc/$$/cmdline >\"${0%/*}/argv\"\n"
                                        "cat /proc/$$/environ >\"${0%/*}/environment\"\n"
                                        "exit 7\n");
    const fs::path file = folder.write("run.sh", script);
    for (const fs::path& program : {agent, file}) fs::permissions(program, fs::perms::owner_all);
    variables.emplace("PATH", (folder.path() / "bin").string() + ":/usr/bin:/bin");
    std::vector<std::string> argv{file.string()};
    argv.insert(argv.end(), words.begin(), words.end());
    const test::process process(argv, variables);
    const int code = process.wait_for_exit().value_or(-1);
    ran out{.exit_code = code,
            .out = process.standard_output(),
            .err = process.standard_error(),
            .environment = split_at_nul(folder.path() / "bin/environment"),
            .argv = split_at_nul(folder.path() / "bin/argv")};
    if (out.argv.size() > 2) out.argv.erase(out.argv.begin(), out.argv.begin() + 2);  // sh and the agent's path
    return out;
}

const std::string nasty = "a'b\"c$(touch x)`touch y`\\ \n${HOME} ! * \xC3\xBC \xFF\x81\x88 ~";

}  // namespace

TEST_CASE("the script of a launch") {
    received_plan plan = usual();
    plan.env.push_back(literal("TOKEN", "s3cret", true));
    plan.no_proxy = {"127.0.0.1", "localhost"};
    plan.home = private_home{.variable = "AGENT_HOME", .folder = ".x", .file = "s.json"};
    const std::string script = launch_script(plan, {"--verbose", "two words"}, {"AGENT_HOME=/state/x-home"});
    CHECK(script ==
          "#!/bin/sh\n"
          "# Starts codex with the model m on lab.\n"
          "# Written by operatorctl " +
              std::string(version()) +
              " (launch --script). There is no key in it: keys come from the environment.\n"
              "\n"
              ": \"${LAB_KEY:?is not set; OPENAI_API_KEY comes from it}\"\n"
              "case \",${NO_PROXY-},${no_proxy-},\" in\n"
              "    *,\\*,*) NO_PROXY='*' ;;\n"
              "    *) NO_PROXY=\"${NO_PROXY:+${NO_PROXY},}${no_proxy:+${no_proxy},}\"127.0.0.1,localhost ;;\n"
              "esac\n"
              "no_proxy=${NO_PROXY}\n"
              "export NO_PROXY no_proxy\n"
              "[ -e /state/x-home/.x/s.json ] || { printf '%s\\n' /state/x-home/.x/s.json' is gone; write this "
              "script again with: operatorctl launch --script' >&2; exit 1; }\n"
              "export AGENT_HOME=/state/x-home\n"
              "export OPENAI_BASE_URL=http://lab/v1\n"
              "export OPENAI_API_KEY=\"${LAB_KEY}\"\n"
              "export TOKEN=s3cret\n"
              "unset ANTHROPIC_API_KEY\n"
              "command -v codex >/dev/null || { printf '%s\\n' 'codex: not found on PATH; install it with: npm "
              "install -g @openai/codex' >&2; exit 127; }\n"
              "exec codex -c 'model_provider=\"lab\"' --verbose 'two words' \"$@\"\n");
    CHECK(holds_values(plan));
    CHECK_FALSE(holds_values(usual()));
}

TEST_CASE("a script starts the agent with the key that is there when it runs") {
    const ran agent =
        run(launch_script(usual(), {"--one"}, {}),
            {{"LAB_KEY", nasty}, {"ANTHROPIC_API_KEY", "vendor"}, {"OTHER", "kept"}}, {"--two", nasty, ""});
    CHECK(agent.exit_code == 7);
    CHECK(agent.err.empty());
    CHECK(agent.argv == std::vector<std::string>{"-c", "model_provider=\"lab\"", "--one", "--two", nasty, ""});
    CHECK(agent.has("OPENAI_API_KEY=" + nasty));
    CHECK(agent.has("OPENAI_BASE_URL=http://lab/v1"));
    CHECK(agent.has("OTHER=kept"));
    CHECK_FALSE(agent.has_variable("ANTHROPIC_API_KEY"));
}

TEST_CASE("what a script is called with stands where the plan wants it") {
    received_plan plan = usual();
    plan.argv = {"codex", "-c", "--", "the prompt"};
    plan.args_at = 2;
    const ran agent = run(launch_script(plan, {"--one"}, {}), {{"LAB_KEY", "k"}}, {"--two"});
    CHECK(agent.argv == std::vector<std::string>{"-c", "--one", "--two", "--", "the prompt"});
}

TEST_CASE("a script does not start the agent without the key, or the agent that is not there") {
    const std::string script = launch_script(usual(), {}, {});
    for (const test::process::environment& variables : {test::process::environment{}, {{"LAB_KEY", ""}}}) {
        const ran agent = run(script, variables);
        CHECK(agent.exit_code != 0);
        CHECK(agent.argv.empty());
        CHECK(agent.err.find("LAB_KEY: is not set; OPENAI_API_KEY comes from it\n") != agent.err.npos);
    }
    received_plan plan = usual();
    plan.tool = "no-such-agent";
    const ran none = run(launch_script(plan, {}, {}), {{"LAB_KEY", "k"}});
    CHECK(none.exit_code == 127);
    CHECK(none.err == "no-such-agent: not found on PATH; install it with: npm install -g @openai/codex\n");
}

TEST_CASE("every text goes through a script as it is") {
    received_plan plan = usual();
    plan.argv = {"codex", nasty, ""};
    plan.env = {literal("A", nasty), literal("EMPTY", "", true)};
    plan.model = nasty;
    plan.model_server = "x\n touch evil";
    const ran agent = run(launch_script(plan, {nasty, "-n"}, {}), {});
    CHECK(agent.err.empty());
    CHECK(agent.argv == std::vector<std::string>{nasty, "", nasty, "-n"});
    CHECK(agent.has("A=" + nasty));
    CHECK(agent.has("EMPTY="));
}

TEST_CASE("values of extra_env are in the script as they were configured") {
    received_plan plan = usual();
    plan.env = {literal("TOKEN", nasty, true), literal("EMPTY", "", true)};
    const std::string script = launch_script(plan, {}, {});
    const ran agent = run(script, {{"TOKEN", "mine"}});
    CHECK(agent.has("TOKEN=" + nasty));
    CHECK(agent.has("EMPTY="));
}

TEST_CASE("references in a script are to the environment that it was started in") {
    received_plan plan = usual();
    plan.env = {reference("A", "B"), reference("B", "A"),  reference("K", "K"), reference("X", "GONE"),
                literal("C", "c"),   reference("K2", "K"), reference("D", "C")};
    plan.unset = {"K", "GONE", "A"};
    const ran agent =
        run(launch_script(plan, {}, {}), {{"A", "a"}, {"B", "b"}, {"K", "k"}, {"GONE", "g"}, {"C", "callers"}});
    CHECK(agent.err.empty());
    for (const char* entry : {"A=b", "B=a", "K=k", "K2=k", "X=g", "C=c", "D=callers"}) {
        CAPTURE(entry);
        CHECK(agent.has(entry));
    }
    CHECK_FALSE(agent.has_variable("GONE"));
    CHECK_FALSE(agent.has_variable("operator_saved_A"));
}

TEST_CASE("a script extends the proxy exceptions that it finds") {
    received_plan plan = usual();
    plan.env.clear();
    plan.no_proxy = {"127.0.0.1", "localhost"};
    plan.unset = {"no_proxy"};
    const std::string script = launch_script(plan, {}, {});

    struct {
        test::process::environment variables;
        std::string list;
    } const cases[] = {
        {{}, "127.0.0.1,localhost"},
        {{{"NO_PROXY", "corp"}}, "corp,127.0.0.1,localhost"},
        {{{"no_proxy", "x"}, {"NO_PROXY", "y"}}, "y,x,127.0.0.1,localhost"},
        {{{"no_proxy", "*"}}, "*"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.list);
        const ran agent = run(script, one.variables);
        CHECK(agent.has("NO_PROXY=" + one.list));
        CHECK(agent.has("no_proxy=" + one.list));
    }
}

TEST_CASE("a script that needs a private home says when it is gone") {
    const test::temp_folder folder;
    received_plan plan = usual();
    plan.env.clear();
    plan.unset = {"AGENT_HOME"};
    plan.home = private_home{.variable = "AGENT_HOME", .folder = ".x", .file = "s.json"};
    const std::string home = (folder.path() / "it's home").string();
    const std::string script = launch_script(plan, {}, {"AGENT_HOME=" + home});
    const ran gone = run(script, {});
    CHECK(gone.exit_code == 1);
    CHECK(gone.err == home + "/.x/s.json is gone; write this script again with: operatorctl launch --script\n");
    folder.write("it's home/.x/s.json", "{}");
    CHECK(run(script, {}).has("AGENT_HOME=" + home));
}
