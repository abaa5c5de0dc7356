#include "tests/e2e/running_daemon.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/simulated_servers.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// operatorctl doctor with the real operatord; systemd is kept out of it by a PATH without systemctl.

using namespace opd::test;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

struct ended {
    int code = -1;
    std::string out;
    std::string err;

    bool says(std::string_view line) const { return ('\n' + out).find('\n' + std::string(line) + '\n') != out.npos; }
};

/// A user with a home, and claude on the PATH.
class patient {
public:
    patient() {
        const fs::path claude = home.write("bin/claude", "#!/bin/sh\necho '9.9.9 (Claude Code)'\n");
        fs::permissions(claude, fs::perms::owner_all);
    }

    ended ctl(const std::vector<std::string>& words) const {
        std::vector<std::string> command{program_path("operatorctl")};
        command.insert(command.end(), words.begin(), words.end());
        const process program(command, environment);
        const int code = program.wait_for_exit().value_or(-1);
        return {code, program.standard_output(), program.standard_error()};
    }

    temp_folder home;
    process::environment environment{
        {"HOME", home.path()}, {"XDG_RUNTIME_DIR", home.path()}, {"PATH", (home.path() / "bin").string()}};
};

/// Of the daemon: the same user, but none of the caller's variables.
process::environment path_of(const patient& user) { return {{"PATH", user.environment.at("PATH")}}; }

constexpr const char* no_systemd =
    "warning  service: there is no systemd here: systemctl is not on PATH\n"
    "           without systemd, start operatord by hand: operatord &";

}  // namespace

TEST_CASE("doctor finds nothing wrong where nothing is") {
    const patient user;
    model_server_sim lab;
    lab.answer_everything(simulated_openai_compat({.models = 3, .key = ""}));
    const running_daemon daemon(fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"openai-compat\"\n"
                                            "base_url = \"{}\"\n",
                                            lab.base_url()),
                                path_of(user));
    daemon.wait_for_status("lab", "ok");
    const ended end = user.ctl({"--socket", daemon.socket(), "doctor"});
    CAPTURE(end.out);
    CHECK(end.code == 0);
    CHECK(end.err.empty());
    CHECK(end.says(no_systemd));
    CHECK(end.says(fmt::format("ok       program: {}, version 0.1.0", program_path("operatord"))));
    CHECK(end.says(fmt::format("ok       socket: operatord answers at {}, version 0.1.0", daemon.socket().string())));
    CHECK(end.says(fmt::format("ok       configuration: {}: ok, 1 model servers, 0 delegators, 0 warnings",
                               daemon.config_file().string())));
    CHECK(end.says("ok       key: OPENAI_API_KEY is not set; only openai-api would use it"));
    CHECK(end.out.find("\nok       server: lab: ok, 3 models, ") != end.out.npos);
    CHECK(end.says(fmt::format("ok       agent: {}, version 9.9.9", (user.home.path() / "bin/claude").string())));
    CHECK(end.says("0 problems, 1 warning"));
}

TEST_CASE("doctor names what is wrong and the remedy, and no secret") {
    patient user;
    model_server_sim lab;
    lab.answer_everything(simulated_openai_compat({.models = 3, .key = "right-key"}));
    const running_daemon daemon(fmt::format("[[model_servers]]\nname = \"lab\"\nkind = \"openai-compat\"\n"
                                            "base_url = \"{}\"\napi_key_env = \"LAB_KEY\"\nodd = 1\n"
                                            "[[model_servers]]\nname = \"down\"\nkind = \"lmstudio\"\n"
                                            "base_url = \"http://127.0.0.1:1\"\n"
                                            "[llm_tools]\ndefault_tool = \"codex\"\ndefault_model = \"m\"\n",
                                            lab.base_url()),
                                path_of(user));
    daemon.wait_for_status("lab", "key_missing");
    daemon.wait_for_status("down", "refused");
    user.environment["LAB_KEY"] = "right-key";
    user.environment["HTTP_PROXY"] = "http://me:hidden@proxy.example";
    user.home.write(".claude/settings.json", R"({"env":{"ANTHROPIC_BASE_URL":"http://hidden.example"}})");
    const ended end = user.ctl({"--socket", daemon.socket(), "doctor"});
    CAPTURE(end.out);
    CHECK(end.code == 1);
    CHECK(end.err.empty());
    CHECK(end.out.find(":6:1: unknown key \"odd\" in [[model_servers]]") != end.out.npos);
    CHECK(
        end.says("problem  key: LAB_KEY is set here, but operatord does not have it (lab)\n"
                 "           operatorctl keys push LAB_KEY"));
    CHECK(end.out.find("\nproblem  server: down: ") != end.out.npos);
    CHECK(
        end.says("warning  proxy: HTTP_PROXY set, and NO_PROXY does not name 127.0.0.1: agents send even that to the "
                 "proxy, unless operatorctl launch starts them\n"
                 "           export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1"));
    CHECK(
        end.says("problem  agent: codex is not installed, but is to be launched\n"
                 "           install it with: npm install -g @openai/codex"));
    CHECK(end.out.find(".claude/settings.json sets env.ANTHROPIC_BASE_URL") != end.out.npos);
    CHECK(end.says("3 problems, 4 warnings"));
    CHECK(end.out.find("right-key") == end.out.npos);
    CHECK(end.out.find("hidden") == end.out.npos);

    CHECK(user.ctl({"--socket", daemon.socket(), "keys", "push"}).code == 0);
    const ended after = user.ctl({"--socket", daemon.socket(), "--json", "doctor"});
    CHECK(after.code == 1);
    const json::value document = json::parse(after.out);
    CHECK(document.at("problems").as_int64() == 2);
    const json::array& findings = document.at("findings").as_array();
    CHECK(std::ranges::find(findings, json::value({{"severity", "ok"},
                                                   {"about", "key"},
                                                   {"text", "LAB_KEY is found: pushed (lab)"},
                                                   {"remedy", nullptr}})) != findings.end());
}

TEST_CASE("doctor helps where operatord does not run") {
    const patient user;
    const std::string socket = (user.home.path() / "none.sock").string();
    const ended end = user.ctl({"--socket", socket, "doctor"});
    CAPTURE(end.out);
    CHECK(end.code == 1);
    CHECK(end.says(no_systemd));
    CHECK(end.says(fmt::format("problem  socket: operatord is not running at {}\n           operatord &", socket)));
    CHECK(
        end.says(fmt::format("ok       configuration: {}/.config/operator/operator.toml: not there, so the defaults "
                             "are in force, 0 model servers, 0 delegators, 0 warnings",
                             user.home.path().string())));
    CHECK(end.says(fmt::format("ok       agent: {}", (user.home.path() / "bin/claude").string())));

    user.home.write(".config/operator/operator.toml", "[[model_servers]]\nname = \"a\"\nkind = \"olama\"\n");
    CHECK(user.ctl({"--socket", socket, "doctor"})
              .says(fmt::format("problem  configuration: {}/.config/operator/operator.toml:3:8: unknown kind "
                                "\"olama\"\n           did you mean \"ollama\"?",
                                user.home.path().string())));
}
