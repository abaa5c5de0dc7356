#include "tests/client/fake_daemon.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace opd;
using opd::test::answered;
using opd::test::fake_daemon;
namespace fs = std::filesystem;

namespace {

constexpr const char* resolve = "POST /api/v1/launch/resolve";
constexpr const char* plan_body =
    R"({"tool":"codex","argv":["codex","-m","m"],"env":[{"name":"OPENAI_BASE_URL","value":"http://lab/v1","secret":false},
        {"name":"OPENAI_API_KEY","from_env":"LAB_KEY"},{"name":"TOKEN","value":"s3cret","secret":true}],
        "unset":["ANTHROPIC_API_KEY"],"model_server":"lab","model":"m","warnings":["the list\u001b"],"delegator":"codex-lab",
        "no_proxy":[],"private_home":null,"install_hint":"npm install -g @openai/codex"})";

fake_daemon with_plan(const std::string& body = plan_body) { return {.replies = {{resolve, answered(200, body)}}}; }

/// A folder with the agent, which is never run.
struct installed {
    test::temp_folder folder;
    fs::path program = folder.write("codex", "");

    installed() { fs::permissions(program, fs::perms::owner_all); }

    std::vector<std::string> environment() const {
        return {"PATH=" + folder.path().string(), "LAB_KEY=k", "ANTHROPIC_API_KEY=vendor", "HOME=/h",
                "XDG_STATE_HOME=" + (folder.path() / "state").string()};
    }
};

}  // namespace

TEST_CASE("a launch asks for the plan of what was named") {
    struct {
        command::launch asked;
        std::string body;
    } const cases[] = {
        {{}, "{}"},
        {{.delegator = "d"}, R"({"delegator":"d"})"},
        {{.llm_tool = "codex", .model = "m"}, R"({"llm_tool":"codex","model":"m"})"},
        {{.llm_tool = "codex", .model = "m", .model_server = "lab", .prompt = "\"hi\"\n", .force = true},
         R"({"llm_tool":"codex","model":"m","model_server":"lab","prompt":"\"hi\"\n","force":true})"},
        {{.delegator = "d", .print = true}, R"({"delegator":"d","force":true})"},
        {{.delegator = "d", .resume = "0199-a"}, R"({"delegator":"d","resume":"0199-a"})"},
        {{.delegator = "d", .resume = ""}, R"({"delegator":"d","resume":"last"})"},
    };

    for (const auto& one : cases) {
        CAPTURE(one.body);
        fake_daemon daemon = with_plan();
        daemon.run(one.asked);
        CHECK(daemon.targets() == std::vector<std::string>{resolve});
        CHECK(daemon.requests.front().body == one.body);
        CHECK(daemon.limits.front() == std::chrono::seconds(60));
    }
}

TEST_CASE("a launch becomes the agent that is on the caller's PATH") {
    const installed codex;
    const outcome end = with_plan().run(command::launch{.arguments = {"--", "\xFF", ""}}, false, codex.environment());
    CHECK(end.out.empty());
    CHECK(end.err == "warning: the list\\x1b\n");
    REQUIRE(end.becomes.has_value());
    CHECK(end.becomes->path == codex.program.string());
    CHECK(end.becomes->argv == std::vector<std::string>{"codex", "-m", "m", "--", "\xFF", ""});
    CHECK(end.becomes->environment ==
          std::vector<std::string>{"PATH=" + codex.folder.path().string(), "LAB_KEY=k", "HOME=/h",
                                   "XDG_STATE_HOME=" + (codex.folder.path() / "state").string(),
                                   "OPENAI_BASE_URL=http://lab/v1", "OPENAI_API_KEY=k", "TOKEN=s3cret"});
}

TEST_CASE("a launch hands over the keys that the plan names before it becomes the agent, and starts it all the same") {
    const installed codex;
    std::string body = plan_body;
    body.insert(1, R"("push_keys":["LAB_KEY"],)");
    fake_daemon daemon = with_plan(body);
    daemon.replies.emplace("PUT /api/v1/keys/LAB_KEY", answered(200, R"({"name":"LAB_KEY"})"));
    const outcome end = daemon.run(command::launch{}, false, codex.environment());
    CHECK(end.err == "warning: the list\\x1b\n");
    CHECK(end.becomes.has_value());
    CHECK(daemon.targets() == std::vector<std::string>{resolve, "PUT /api/v1/keys/LAB_KEY"});
    CHECK(daemon.requests.back().body == R"({"value":"k"})");
    CHECK(daemon.limits.back() == std::chrono::seconds(2));

    daemon.replies["PUT /api/v1/keys/LAB_KEY"] = answered(403, R"({"message":"no"})");
    const outcome without = daemon.run(command::launch{}, false, codex.environment());
    CHECK(without.err == "warning: the list\\x1b\nwarning: LAB_KEY was not pushed: no\n");
    CHECK(without.becomes.has_value());

    daemon.requests.clear();
    daemon.run(command::launch{.print = true}, false, codex.environment());
    CHECK(daemon.targets() == std::vector<std::string>{resolve});
}

TEST_CASE("what was launched last in a folder is what --resume goes on with") {
    const installed codex;
    const auto asked_for = [&codex](const command::launch& asked) {
        fake_daemon daemon = with_plan();
        const outcome end = daemon.run(asked, false, codex.environment());
        return daemon.requests.empty() ? end.err : daemon.requests.front().body;
    };
    CHECK(asked_for({.resume = ""}) ==
          "nothing was launched in this folder that could be resumed; name it: operatorctl launch --delegator NAME "
          "--resume\n");
    asked_for({.delegator = "codex-lab", .print = true});  // which launches nothing
    CHECK(asked_for({.resume = ""}).starts_with("nothing was launched"));
    asked_for({.delegator = "codex-lab"});
    CHECK(asked_for({.resume = ""}) == R"({"delegator":"codex-lab","resume":"last"})");
    CHECK(asked_for({.resume = "id-7"}) == R"({"delegator":"codex-lab","resume":"id-7"})");

    const fs::path file = codex.folder.path() / "state/operator/launches.json";
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    std::string body = plan_body;
    body.replace(body.find("\"codex-lab\""), 11, "null");
    with_plan(body).run(command::launch{.llm_tool = "codex", .model = "m"}, false, codex.environment());
    CHECK(asked_for({.resume = ""}) == R"({"llm_tool":"codex","model":"m","model_server":"lab","resume":"last"})");
    std::ofstream(file) << "{ not JSON";
    CHECK(asked_for({.resume = ""}).starts_with("nothing was launched"));
}

TEST_CASE("a launch without its key, without its agent, or against the daemon's advice does not start") {
    const installed codex;
    std::vector<std::string> variables = codex.environment();
    variables[1] = "LAB_KEY=";
    const outcome no_key = with_plan().run(command::launch{}, false, variables);
    CHECK_FALSE(no_key.becomes.has_value());
    CHECK(no_key.exit_code == 1);
    CHECK(no_key.err ==
          "LAB_KEY is not set here, and OPENAI_API_KEY for lab comes from it; set it first: export LAB_KEY=...\n");

    const outcome no_agent = with_plan().run(command::launch{}, false, {"PATH=/nowhere", "LAB_KEY=k"});
    CHECK_FALSE(no_agent.becomes.has_value());
    CHECK(no_agent.exit_code == 127);
    CHECK(no_agent.err == "codex: not found on PATH; install it with: npm install -g @openai/codex\n");

    fs::permissions(codex.program, fs::perms::owner_read);
    const outcome forbidden = with_plan().run(command::launch{}, false, codex.environment());
    CHECK(forbidden.exit_code == 126);
    CHECK(forbidden.err == codex.program.string() + ": no permission to execute it; see it with: ls -l\n");

    fake_daemon daemon{.replies = {{resolve, answered(409, R"({"error":"conflict","message":"lab is down"})")}}};
    const outcome down = daemon.run(command::launch{}, false, codex.environment());
    CHECK_FALSE(down.becomes.has_value());
    CHECK(down.exit_code == 1);
    CHECK(down.err == "lab is down\n");
}

TEST_CASE("without a daemon a launch says how to start it") {
    fake_daemon daemon{.replies = {{resolve, connection_failure{}}}};
    const outcome end = daemon.run(command::launch{});
    CHECK(end.exit_code == 69);
    CHECK(end.err ==
          "operatord is not running at /run/o.sock; start it with: systemctl --user start operatord   (or: operatord "
          "&)\n");
}

TEST_CASE("a plan that is not understood is not carried out") {
    const outcome end = with_plan(R"({"tool":"../codex"})").run(command::launch{});
    CHECK(end.exit_code == 1);
    CHECK(end.err ==
          "/api/v1/launch/resolve at /run/o.sock: the answer is not the plan of a launch; operatorctl and operatord "
          "may be "
          "of different versions: compare operatorctl --version with operatord --version\n");
}

TEST_CASE("a plan is printed for people and as JSON, and nothing is started") {
    const installed codex;
    const command::launch asked{.arguments = {"--x"}, .print = true};
    const outcome text = with_plan().run(asked, false, codex.environment());
    CHECK(text.exit_code == 0);
    CHECK_FALSE(text.becomes.has_value());
    CHECK(text.err.empty());
    CHECK(text.out.find("program       " + codex.program.string() + "\n") != text.out.npos);
    CHECK(text.out.find("command       codex -m m --x\n") != text.out.npos);
    CHECK(text.out.find("s3cret") == text.out.npos);
    const outcome json = with_plan().run(asked, true, codex.environment());
    CHECK(json.out.starts_with(R"({"tool":"codex","argv":["codex","-m","m","--x"],"env":[)"));
    CHECK(json.out.ends_with(",\"path\":\"" + codex.program.string() + "\"}\n"));
    CHECK(json.out.find("s3cret") == json.out.npos);
    CHECK(with_plan().run(asked, true, {"PATH=/nowhere"}).out.ends_with(",\"path\":null}\n"));
}

TEST_CASE("a script is written once, with a word on what it leaves out") {
    const test::temp_folder folder;
    const std::string file = (folder.path() / "run.sh").string();
    const outcome end = with_plan().run(command::launch{.script = file, .arguments = {"--x"}});
    CHECK(end.exit_code == 0);
    CHECK(end.out == file + " written\n");
    CHECK(end.err ==
          "warning: the list\\x1b\n"
          "note: the values in extra_env of lab are in it: keep it to yourself\n");
    CHECK(fs::status(file).permissions() == fs::perms::owner_all);
    std::ostringstream script;
    script << std::ifstream(file).rdbuf();
    CHECK(script.str().ends_with("\nexec codex -m m --x \"$@\"\n"));
    CHECK(script.str().find("export TOKEN=s3cret\n") != std::string::npos);

    const outcome again = with_plan().run(command::launch{.script = file});
    CHECK(again.exit_code == 1);
    CHECK(again.err == file + " exists already; --force replaces it\n");
    CHECK(with_plan().run(command::launch{.script = file, .force = true}).exit_code == 0);

    const outcome shown = with_plan().run(command::launch{.script = "-", .arguments = {"--x"}});
    CHECK(shown.exit_code == 0);
    CHECK(shown.out == script.str());
    CHECK(shown.err == end.err);
}

TEST_CASE("an agent with a private home gets it, launched and in a script") {
    const installed codex;
    std::string body = plan_body;
    const std::string none = "\"private_home\":null";
    body.replace(body.find(none), none.size(),
                 R"("private_home":{"variable":"CODEX_HOME","folder":".codex","file":"s.json","settings":{"a":1}})");
    std::vector<std::string> variables = codex.environment();
    variables[3] = "HOME=" + codex.folder.path().string();
    const std::string home = codex.folder.path().string() + "/state/operator/codex-home";
    const outcome end = with_plan(body).run(command::launch{}, false, variables);
    REQUIRE(end.becomes.has_value());
    CHECK(std::ranges::count(end.becomes->environment, "CODEX_HOME=" + home) == 1);
    CHECK(fs::exists(home + "/.codex/s.json"));
    const std::string file = codex.folder.path().string() + "/run.sh";
    CHECK(with_plan(body).run(command::launch{.script = file}, false, variables).exit_code == 0);
    std::ostringstream script;
    script << std::ifstream(file).rdbuf();
    CHECK(script.str().find("export CODEX_HOME=" + home + "\n") != std::string::npos);
}
