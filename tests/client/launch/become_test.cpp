// The program itself: operatorctl becomes the agent.

#include "tests/client/responder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace opd;
namespace fs = std::filesystem;
using unix_socket = boost::asio::local::stream_protocol;

namespace {

const std::string nasty = "a'b\"c$(touch x)`touch y`\\ \n${HOME} \xFF\xC3\xBC";

std::vector<std::string> split(const fs::path& file, char separator) {
    std::ifstream in(file, std::ios::binary);
    std::vector<std::string> out;
    for (std::string one; std::getline(in, one, separator);) out.push_back(one);
    return out;
}

/// A daemon that answers one launch with a plan, and an agent: a shell under another name, whose command line makes it
/// write down what it was given.
struct scene {
    test::temp_folder folder;
    fs::path socket = folder.path() / "o.sock";
    test::process::environment variables{{"PATH", (folder.path() / "bin").string() + ":/usr/bin:/bin"},
                                         {"OUT", folder.path().string()}};

    scene() {
        fs::create_directory(folder.path() / "bin");
        fs::create_symlink("/bin/sh", folder.path() / "bin/codex");
    }

    std::string answer() const {
        const std::string body =
            R"({"tool":"codex","argv":["codex","-c","cat /proc/$$/cmdline >$OUT/argv; cat /proc/$$/environ >$OUT/environment; )"
            R"(cat /proc/self/status >$OUT/status; ls -l /proc/$$/fd >$OUT/descriptors; echo $$; echo complaint >&2; exit 7"],)"
            R"("env":[{"name":"URL","value":"http://lab/v1","secret":false},{"name":"OPENAI_API_KEY","from_env":"LAB_KEY"}],)"
            R"("unset":["ANTHROPIC_API_KEY"],"model_server":"lab","model":"m","warnings":["beware"],"delegator":null,)"
            R"("no_proxy":["127.0.0.1"],"private_home":null,"install_hint":"apt install codex"})";
        return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
    }

    std::vector<std::string> command(const std::vector<std::string>& words) const {
        std::vector<std::string> out{OPD_TEST_BIN "/operatorctl", "--socket", socket.string(), "launch"};
        out.insert(out.end(), words.begin(), words.end());
        return out;
    }

    std::string status(const std::string& field) const {
        for (const std::string& line : split(folder.path() / "status", '\n'))
            if (line.starts_with(field + ":\t")) return line.substr(field.size() + 2);
        return {};
    }
};

}  // namespace

TEST_CASE("operatorctl becomes the agent: same process, its arguments and environment, its exit status") {
    scene stage;
    stage.variables.insert({{"LAB_KEY", nasty}, {"ANTHROPIC_API_KEY", "vendor"}, {"KEPT", nasty}});
    test::responder<unix_socket> daemon(unix_socket::endpoint(stage.socket.string()), stage.answer());
    const test::process agent(stage.command({"--delegator", "d", "--", nasty, "", "--", "--json"}), stage.variables);
    CHECK(agent.wait_for_exit() == 7);
    CHECK(agent.standard_output() == fmt::format("{}\n", agent.pid()));
    CHECK(agent.standard_error() == "warning: beware\ncomplaint\n");
    CHECK(daemon.requests().ends_with("\r\n\r\n{\"delegator\":\"d\"}"));

    const auto argv = split(stage.folder.path() / "argv", '\0');
    REQUIRE(argv.size() == 7);
    CHECK(argv[0] == "codex");
    CHECK(std::vector<std::string>(argv.begin() + 3, argv.end()) ==
          std::vector<std::string>{nasty, "", "--", "--json"});

    auto variables = split(stage.folder.path() / "environment", '\0');
    std::ranges::sort(variables);
    std::vector<std::string> expected{"KEPT=" + nasty,
                                      "LAB_KEY=" + nasty,
                                      "NO_PROXY=127.0.0.1",
                                      "OPENAI_API_KEY=" + nasty,
                                      "URL=http://lab/v1",
                                      "no_proxy=127.0.0.1",
                                      "OUT=" + stage.variables.at("OUT"),
                                      "PATH=" + stage.variables.at("PATH")};
    std::ranges::sort(expected);
    CHECK(variables == expected);
    for (const std::string& line : split(stage.folder.path() / "descriptors", '\n')) {
        CAPTURE(line);
        CHECK(line.find("socket:") == line.npos);
        CHECK(line.find("anon_inode:") == line.npos);
    }
}

TEST_CASE("signals reach the agent as the caller left them") {
    scene stage;
    stage.variables.emplace("LAB_KEY", "k");
    test::responder<unix_socket> daemon(unix_socket::endpoint(stage.socket.string()), stage.answer());
    std::vector<std::string> command = stage.command({});
    command.insert(command.begin(), "/usr/bin/nohup");
    const test::process agent(command, stage.variables);
    CHECK(agent.wait_for_exit() == 7);
    CHECK(stage.status("SigIgn") == "0000000000000001");  // SIGHUP alone
    CHECK(stage.status("SigBlk") == "0000000000000000");
}

TEST_CASE("a wrapper that names no interpreter is run by sh, as a shell runs it") {
    scene stage;
    stage.variables.emplace("LAB_KEY", "k");
    fs::remove(stage.folder.path() / "bin/codex");
    const fs::path wrapper = stage.folder.write("bin/codex", "echo \"$0 $# $OPENAI_API_KEY\"\nexit 5\n");
    fs::permissions(wrapper, fs::perms::owner_all);
    test::responder<unix_socket> daemon(unix_socket::endpoint(stage.socket.string()), stage.answer());
    const test::process agent(stage.command({"--", "more"}), stage.variables);
    CHECK(agent.wait_for_exit() == 5);
    CHECK(agent.standard_output() == wrapper.string() + " 3 k\n");
    CHECK(agent.standard_error() == "warning: beware\n");
}

TEST_CASE("an agent whose interpreter is not there ends with what a shell says, and with its name") {
    scene stage;
    stage.variables.emplace("LAB_KEY", "k");
    fs::remove(stage.folder.path() / "bin/codex");
    const fs::path odd = stage.folder.write("bin/codex", "#! /no/such/node --flag\n");
    fs::permissions(odd, fs::perms::owner_all);
    test::responder<unix_socket> daemon(unix_socket::endpoint(stage.socket.string()), stage.answer());
    const test::process agent(stage.command({}), stage.variables);
    CHECK(agent.wait_for_exit() == 127);
    CHECK(agent.standard_error() ==
          "warning: beware\ncannot execute " + odd.string() + ": its interpreter /no/such/node is not there\n");
}

TEST_CASE("a launch while the daemon starts anew waits for it") {
    scene stage;
    stage.variables.emplace("LAB_KEY", "k");
    boost::asio::io_context io;
    unix_socket::acceptor ending(io, unix_socket::endpoint(stage.socket.string()));
    const test::process agent(stage.command({}), stage.variables);
    ending.accept().close();
    ending.close();
    fs::remove(stage.socket);
    test::responder<unix_socket> daemon(unix_socket::endpoint(stage.socket.string()), stage.answer());
    CHECK(agent.wait_for_exit() == 7);
}

TEST_CASE("without a daemon nothing is launched, wherever it is looked for") {
    const scene stage;
    const test::process there(stage.command({}), stage.variables);
    CHECK(there.wait_for_exit() == 69);
    CHECK(there.standard_error() == "operatord is not running at " + stage.socket.string() +
                                        "; start it with: systemctl --user start operatord   (or: operatord &)\n");
    const test::process nowhere({OPD_TEST_BIN "/operatorctl", "launch"}, stage.variables);
    CHECK(nowhere.wait_for_exit() == 69);
    CHECK(
        nowhere.standard_error() ==
        "operatorctl: XDG_RUNTIME_DIR is not set to an absolute path; log in through systemd, or name the socket with "
        "--socket PATH\n");
    test::process::environment variables = stage.variables;
    variables.emplace("XDG_RUNTIME_DIR", stage.folder.path().string());
    const test::process usual({OPD_TEST_BIN "/operatorctl", "launch"}, variables);
    CHECK(usual.wait_for_exit() == 69);
    CHECK(usual.standard_error() == "operatord is not running at " + stage.folder.path().string() +
                                        "/operator/operatord.sock; start it with: systemctl --user start operatord   "
                                        "(or: operatord &)\n");
}
