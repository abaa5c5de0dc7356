#include "daemon/tools/installed_tools.hpp"

#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/fake_program.hpp"
#include "tests/daemon/recorded_log.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include <sys/stat.h>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace opd;
using namespace opd::loop;
using namespace opd::tools;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

/// A PATH with fake tools on it, and nothing else.
struct machine {
    explicit machine(const std::function<void(tool_settings&)>& change = [](tool_settings&) {}) {
        settings.places = {.search_path = bin.string(), .home = {}};
        change(settings);
        fs::create_directory(bin);
        tools.emplace(loop.get_executor(), workers, settings, log.logger());
    }

    ~machine() {
        tools->stop();
        run(loop, tools->join());
    }

    machine(const machine&) = delete;
    machine& operator=(const machine&) = delete;

    fs::path put(const std::string& name, std::string_view text) const { return script(folder, "bin/" + name, text); }

    /// A tool that counts its runs; `text` is the rest of it.
    fs::path put_counted(const std::string& name, std::string_view text) const {
        return put(name, fmt::format("echo >>'{}'\n{}", counter.string(), text));
    }

    std::size_t runs() const { return text_in(counter).size(); }

    void learn() { run(loop, tools->learn_versions()); }

    /// `NAME VERSION`, or why there is none, of each tool.
    std::string told() {
        run(loop, tools->look());
        std::string text;
        for (const found_tool& one : tools->find()) {
            CHECK(one.path == bin / one.tool->name);
            text += fmt::format("{} {}{}\n", one.tool->name, one.version, one.version_error);
        }
        return text;
    }

    std::string failure(std::string_view name, std::string_view why) const {
        return fmt::format("{} {} --version {}\n", name, (bin / name).string(), why);
    }

    temp_folder folder;
    fs::path bin = folder.path() / "bin";
    fs::path counter = folder.path() / "runs";
    asio::io_context loop{1};
    worker_threads workers;
    recorded_log log;
    tool_settings settings;
    std::optional<installed_tools> tools;
};

}  // namespace

TEST_CASE("the tools that are there are found in the table's order, and nothing is run for that") {
    machine here;
    CHECK(here.told() == "");
    here.put_counted("gemini", "echo 0.61.0");
    here.put_counted("claude", "echo '2.1.330 (Claude Code)'");
    here.put_counted("vim", "echo 9.1");
    CHECK(here.told() == "claude \ngemini \n");
    CHECK_FALSE(here.tools->find(*find_llm_tool("codex")).has_value());
    const auto found = here.tools->find(*find_llm_tool("claude"));
    REQUIRE(found.has_value());
    CHECK(found->tool == find_llm_tool("claude"));
    CHECK(found->path == here.bin / "claude");
    CHECK_FALSE(found->version_ok().has_value());
    CHECK(here.runs() == 0);
}

TEST_CASE("a tool is asked for its version once") {
    machine here;
    here.put_counted("claude", "echo '2.1.330 (Claude Code)'");
    here.put_counted("codex", "echo 'codex-cli 0.168.9'");
    here.put_counted("gemini", "echo 0.62.0-preview.1");
    here.learn();
    CHECK(here.told() == "claude 2.1.330\ncodex 0.168.9\ngemini 0.62.0-preview.1\n");
    CHECK(here.tools->find(*find_llm_tool("claude"))->version_ok() == true);
    CHECK(here.tools->find(*find_llm_tool("codex"))->version_ok() == false);
    CHECK(here.tools->find(*find_llm_tool("gemini"))->version_ok() == true);
    here.learn();
    CHECK(here.runs() == 3);
}

TEST_CASE("who asks at the same time shares one run") {
    machine here;
    here.put_counted("claude", "echo 2.1.330");
    background first(here.loop, here.tools->learn_versions());
    background second(here.loop, here.tools->learn_versions());
    CHECK(run_until(here.loop, [&] { return first.ended() && second.ended(); }));
    CHECK(here.told() == "claude 2.1.330\n");
    CHECK(here.runs() == 1);
}

TEST_CASE("a tool whose file has changed is asked again") {
    machine here;
    here.put_counted("claude", "echo 2.1.9");
    here.learn();
    here.put_counted("claude", "echo 2.1.400");
    CHECK(here.told() == "claude \n");
    here.learn();
    CHECK(here.told() == "claude 2.1.400\n");
    fs::remove(here.bin / "claude");
    CHECK(here.told() == "");
}

TEST_CASE("a tool whose link leads to another file is asked again") {
    machine here;
    fs::create_symlink(script(here.folder, "versions/1", "echo 2.1.329"), here.bin / "claude");
    here.learn();
    CHECK(here.told() == "claude 2.1.329\n");
    fs::remove(here.bin / "claude");
    fs::create_symlink(script(here.folder, "versions/2", "echo 2.1.330"), here.bin / "claude");
    here.learn();
    CHECK(here.told() == "claude 2.1.330\n");
}

TEST_CASE("a file that was replaced with its old time and size is another one") {
    machine here;
    const auto install = [&](std::string_view text) {
        fs::last_write_time(here.put("codex", text), fs::file_time_type(-1h));
    };
    install("echo 0.169.0");
    here.learn();
    install("echo 0.170.0");
    here.learn();
    CHECK(here.told() == "codex 0.170.0\n");
}

TEST_CASE("why a version is not known is told, and the tool is asked again only after a pause") {
    machine here;
    here.put_counted("claude", "echo no version here");
    here.put_counted("codex", "echo 'env: node: not found' >&2; exit 127");
    here.learn();
    const std::string told =
        here.failure("claude", "did not print a version; run it in a terminal to see why") +
        here.failure("codex", "ended with exit code 127 (env: node: not found); run it in a terminal to see why");
    CHECK(here.told() == told);
    here.learn();
    CHECK(here.told() == told);
    CHECK(here.runs() == 2);
    here.put_counted("codex", "echo 0.169.0");
    here.learn();
    CHECK(here.told().ends_with("codex 0.169.0\n"));
    CHECK(here.runs() == 3);
}

TEST_CASE("after the pause a tool that could not tell is asked again, and the log says only what is new") {
    machine here([](tool_settings& settings) { settings.pause = 0ms; });
    here.put_counted("claude", "exit 1");
    here.learn();
    here.learn();
    CHECK(here.runs() == 2);
    const auto lines = here.log.lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] + "\n" ==
          "warning " + here.failure("claude", "ended with exit code 1; run it in a terminal to see why").substr(7));
}

TEST_CASE("nobody waits long for a slow tool, and its answer is known when it has come") {
    machine here([](tool_settings& settings) { settings.wait = 50ms; });
    const fs::path fifo = here.folder.path() / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    here.put_counted("gemini", fmt::format("read version <'{}'\necho $version", fifo.string()));
    here.learn();
    CHECK(here.told() == here.failure("gemini", "has not answered yet; ask again"));
    here.learn();
    std::ofstream(fifo) << "0.61.0\n";
    CHECK(run_until(here.loop, [&] { return here.told() == "gemini 0.61.0\n"; }));
    CHECK(here.runs() == 1);
}

TEST_CASE("a tool that hangs is killed at the time limit") {
    machine here([](tool_settings& settings) { settings.limits.time = 100ms; });
    here.put("claude", "/bin/sleep 1000 & /bin/sleep 1000");
    here.learn();
    CHECK(here.told() == here.failure("claude", "did not end within 0.1 s; run it in a terminal to see why"));
}

TEST_CASE("a tool is told where programs and its home are and what its row in the table says, and no key") {
    machine here([](tool_settings& settings) { settings.places.home = "/nowhere"; });
    const auto tell = [&](std::string_view version, std::string_view file) {
        return fmt::format("/usr/bin/tr '\\0' '\\n' </proc/$$/environ >'{}'\necho {}",
                           (here.folder.path() / file).string(), version);
    };
    ::setenv("ANTHROPIC_API_KEY", "secret", 1);
    here.put("codex", "echo 0.169.0");
    here.put("gemini", tell("0.61.0", "gemini"));
    here.put("claude", tell("2.1.330", "claude"));
    here.learn();
    ::unsetenv("ANTHROPIC_API_KEY");
    CHECK(here.told() == "claude 2.1.330\ncodex 0.169.0\ngemini 0.61.0\n");
    const std::string usual = fmt::format(
        "PATH={0}:{0}:/nowhere/.local/bin:/nowhere/bin:/nowhere/.npm-global/bin:"
        "/nowhere/.bun/bin:/nowhere/.volta/bin:/nowhere/.claude/local:/usr/local/bin\n"
        "LANG=C\n"
        "TERM=dumb\n",
        here.bin.string());
    CHECK(text_in(here.folder.path() / "claude") == usual + "HOME=/nowhere\n");
    CHECK(text_in(here.folder.path() / "gemini") ==
          usual + "GEMINI_CLI_NO_RELAUNCH=true\nGEMINI_CLI_HOME=/dev/null\nHOME=/nowhere\n");
}

TEST_CASE("a script finds the interpreter that is installed beside it") {
    machine here;
    const fs::path real = here.put("other/codex.js", "");
    here.folder.write("bin/other/codex.js", "#!/usr/bin/env node\n");
    script(here.folder, "nvm/node", "echo codex-cli 0.169.0");
    fs::create_symlink(real, here.folder.path() / "nvm/codex");
    fs::create_symlink(here.folder.path() / "nvm/codex", here.bin / "codex");
    here.learn();
    CHECK_FALSE(here.tools->find(*find_llm_tool("codex"))->version == "0.169.0");
    fs::remove(here.bin / "codex");
    tool_settings settings = here.settings;
    settings.places.search_path += fmt::format(":{}", (here.folder.path() / "nvm").string());
    installed_tools tools(here.loop.get_executor(), here.workers, settings, here.log.logger());
    run(here.loop, tools.learn_versions());
    run(here.loop, tools.join());
    CHECK(tools.find(*find_llm_tool("codex"))->version == "0.169.0");
}

TEST_CASE("what runs when the daemon stops is killed, and who waits for it waits no longer") {
    machine here;
    const fs::path pids = here.folder.path() / "pids";
    here.put("claude", fmt::format("/bin/sleep 1000 &\necho $! $$ >'{}'\nwait", pids.string()));
    background waiting(here.loop, here.tools->learn_versions());
    REQUIRE(run_until(here.loop, [&] { return pids_in(pids).size() == 2; }));
    here.tools->stop();
    run(here.loop, here.tools->join());
    CHECK(run_until(here.loop, [&] { return waiting.ended(); }));
    for (const pid_t one : pids_in(pids)) CHECK(run_until(here.loop, [&] { return !is_alive(one); }));
    CHECK(here.log.lines().empty());
    here.put_counted("claude", "echo 2.1.330");
    here.learn();
    CHECK(here.runs() == 0);
}
