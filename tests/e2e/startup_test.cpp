#include "tests/e2e/running_daemon.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>

#include <sys/stat.h>

using namespace opd::test;

namespace {

struct outcome {
    int exit_code;
    std::string error;
    std::string output;
};

outcome run_operatord(const temp_folder& home, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program_path("operatord"));
    const process program(arguments, {{"HOME", home.path()}, {"XDG_RUNTIME_DIR", home.path()}});
    const auto code = program.wait_for_exit();
    return {code.value_or(-1), program.standard_error(), program.standard_output()};
}

}  // namespace

TEST_CASE("a broken configuration is exit 78 with the place and the remedy") {
    const temp_folder home;
    const auto file =
        home.write(".config/operator/operator.toml", "[[model_servers]]\nname = \"a\"\nkind = \"olama\"\n");
    const outcome ended = run_operatord(home, {});
    CHECK(ended.exit_code == 78);
    CHECK(ended.error.find(file.string() + ":3:8: ") != std::string::npos);
    CHECK(ended.error.find("did you mean \"ollama\"?") != std::string::npos);
    CHECK(run_operatord(home, {"--check-config"}).exit_code == 78);
}

TEST_CASE("unreadable, huge, binary, nested and half-written configurations are exit 78") {
    const temp_folder home;
    const std::string nested(100'000, '[');
    const std::pair<const char*, std::string> files[] = {{"huge.toml", std::string(1'100'000, '#')},
                                                         {"binary.toml", std::string("a = \0\1\2", 7)},
                                                         {"nested.toml", "a = " + nested},
                                                         {"half.toml", "[[model_servers]]\nname = \"ol"}};
    for (const auto& [name, text] : files) {
        CAPTURE(name);
        const auto file = home.write(name, text);
        const outcome ended = run_operatord(home, {"--config", file});
        CHECK(ended.exit_code == 78);
        CHECK(ended.error.find(file.string()) != std::string::npos);
    }
    CHECK(run_operatord(home, {"--config", home.path()}).exit_code == 78);
}

TEST_CASE("--check-config accepts a missing file, and one that is fine") {
    const temp_folder home;
    CHECK(run_operatord(home, {"--check-config"}).exit_code == 0);
    const auto file = home.write("operator.toml", "[probes]\ninterval = \"10s\"\n");
    const outcome ended = run_operatord(home, {"--check-config", "--config", file});
    CHECK(ended.exit_code == 0);
    CHECK(ended.output == fmt::format("{}: ok, 0 model servers, 0 delegators, 0 warnings\n", file.string()));
}

TEST_CASE("--check-config --json is one document, and the exit code is the same") {
    const temp_folder home;
    const auto report = [&](const std::string& file) {
        const outcome ended = run_operatord(home, {"--check-config", "--json", "--config", file});
        CHECK(ended.error.empty());
        return fmt::format("{} {}", ended.exit_code, ended.output);
    };
    const std::string bad = home.write("bad.toml", "[[model_servers]]\nname = \"a\"\nkind = \"olama\"\n").string();
    CHECK(report(bad) ==
          fmt::format(R"(78 {{"ok":false,"file":"{}","errors":[{{"line":3,"column":8,"message":"unknown kind )"
                      R"(\"olama\"","hint":"did you mean \"ollama\"?"}}],"warnings":[]}})"
                      "\n",
                      bad));
    const std::string odd =
        home.write("odd.toml", "[probe]\n[[model_servers]]\nname = \"a\"\nkind = \"ollama\"\n").string();
    CHECK(report(odd) ==
          fmt::format(R"(0 {{"ok":true,"file":"{}","exists":true,"model_servers":1,"delegators":0,"errors":[],)"
                      R"("warnings":[{{"line":1,"column":1,"message":"the table \"probe\" means nothing here",)"
                      R"("hint":"did you mean \"probes\"?"}}]}})"
                      "\n",
                      odd));
    const std::string none = (home.path() / "none.toml").string();
    CHECK(report(none) ==
          fmt::format(R"(0 {{"ok":true,"file":"{}","exists":false,"model_servers":0,"delegators":0,"errors":[],)"
                      R"("warnings":[]}})"
                      "\n",
                      none));
}

TEST_CASE("a wrong command line is exit 64") {
    const temp_folder home;
    CHECK(run_operatord(home, {"--json"}).exit_code == 64);
    CHECK(run_operatord(home, {"--no-such-option"}).exit_code == 64);
    CHECK(run_operatord(home, {"--listen", "nonsense"}).exit_code == 64);
    CHECK(run_operatord(home, {"--log-level", "loud"}).exit_code == 64);
    CHECK(run_operatord(home, {"--version"}).exit_code == 0);
    CHECK(run_operatord(home, {"--help"}).exit_code == 0);
}

TEST_CASE("a port in use is exit 69 and names who holds it") {
    running_daemon first("");
    const temp_folder home;
    const std::string address = fmt::format("127.0.0.1:{}", first.port());
    const outcome ended = run_operatord(home, {"--listen", address, "--socket", "none"});
    CHECK(ended.exit_code == 69);
    CHECK(ended.error.find(fmt::format("cannot listen on {}: operatord (pid {}) uses this port", address,
                                       first.program().pid())) != std::string::npos);
}

TEST_CASE("a second daemon on the same socket is exit 69, a stale socket file is replaced") {
    running_daemon first("", {}, {"--listen", "none"});
    const temp_folder home;
    const outcome ended = run_operatord(home, {"--listen", "none", "--socket", first.socket()});
    CHECK(ended.exit_code == 69);
    CHECK(ended.error.find(fmt::format("another operatord (pid {}) already serves", first.program().pid())) !=
          std::string::npos);
    first.program().send_signal(SIGKILL);
    CHECK(first.program().wait_for_exit() == 128 + SIGKILL);
    const process second({program_path("operatord"), "--listen", "none", "--socket", first.socket()},
                         {{"HOME", home.path()}, {"XDG_RUNTIME_DIR", home.path()}});
    CHECK(second.wait_for_line("is ready"));
    struct stat file{};
    CHECK(::stat(first.socket().c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
}

TEST_CASE("without a configuration the builtins are there, and need their keys") {
    const temp_folder home;
    const process daemon({program_path("operatord"), "--listen", "none", "--socket", home.path() / "s"},
                         {{"HOME", home.path()}});
    REQUIRE(daemon.wait_for_line("is ready"));
    auto client = http_client::over_unix_socket(home.path() / "s");
    const auto list = boost::json::parse(client.get("/api/v1/model-servers").body);
    CHECK(list.at("total").as_int64() == 3);
    const auto models = boost::json::parse(client.get("/api/v1/model-servers/anthropic-api/models").body);
    CHECK(models.at("status").as_string() == "key_missing");
    CHECK(models.at("models").as_array().empty());
    CHECK(models.at("error").as_string().find("ANTHROPIC_API_KEY") != std::string::npos);
}

TEST_CASE("SIGTERM ends the daemon with 0 while a probe hangs") {
    const silent_port silent;
    running_daemon daemon(fmt::format("[[model_servers]]\nname = \"x\"\nkind = \"openai-compat\"\nbase_url = \"{}\"\n",
                                      silent.base_url()));
    daemon.program().send_signal(SIGTERM);
    CHECK(daemon.program().wait_for_exit(std::chrono::seconds(10)) == 0);
    CHECK_FALSE(std::filesystem::exists(daemon.socket()));
}

TEST_CASE("with too few descriptors the end is an exit code and a reason, whichever is the first to be missing") {
    const temp_folder home;
    bool was_short = false;
    for (int limit = 6; limit != 16; ++limit) {
        CAPTURE(limit);
        const std::string line =
            fmt::format("ulimit -n {}; exec {} --listen 127.0.0.1:0 --socket none", limit, program_path("operatord"));
        const process program({"/bin/sh", "-c", line}, {{"HOME", home.path()}, {"XDG_RUNTIME_DIR", home.path()}});
        const bool serves = program.wait_for_line("is ready").has_value();
        if (serves) program.send_signal(SIGTERM);
        const int code = program.wait_for_exit().value_or(-1);
        CAPTURE(program.standard_error());
        CHECK((code == 0 || code == 69 || code == 70 || code == 78));
        if (!serves) CHECK(code != 0);
        was_short |= code == 70 && program.standard_error().find("may not open enough files") != std::string::npos;
    }
    CHECK(was_short);
}
