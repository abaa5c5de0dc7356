// operatorctl becomes the agent: whoever started it cannot tell the difference from having started the agent.

#include "tests/e2e/launch_scene.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace opd::test;
namespace fs = std::filesystem;

namespace {

using words = std::vector<std::string>;

const std::string local_ollama = unprobed_server("local", "ollama", "");
const words on_local{"--llm-tool", "codex", "--model", "M", "--model-server", "local"};

words joined(words first, const words& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// `sh -c PREPARATION; exec ARGV`
words prepared(const std::string& preparation, const words& argv) {
    return joined({"/bin/sh", "-c", preparation + "\nexec \"$@\"", "sh"}, argv);
}

std::string in_lines(const words& lines) { return fmt::format("{}\n", fmt::join(lines, "\n")); }

/// A program on a terminal of its own.
class terminal_session {
public:
    terminal_session(words argv, const process::environment& variables) {
        words assignments;
        for (const auto& [name, value] : variables) assignments.push_back(fmt::format("{}={}", name, value));
        const auto pointers = [](words& texts) {
            std::vector<char*> out;
            for (std::string& text : texts) out.push_back(text.data());
            out.push_back(nullptr);
            return out;
        };
        const auto arguments = pointers(argv);
        const auto environment = pointers(assignments);
        const struct winsize size{.ws_row = 33, .ws_col = 111, .ws_xpixel = 0, .ws_ypixel = 0};
        pid_ = ::forkpty(&keyboard_, nullptr, nullptr, &size);
        if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
        if (pid_ > 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::execve(arguments[0], arguments.data(), environment.data());
        ::_exit(127);
    }

    ~terminal_session() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        ::close(keyboard_);
    }

    terminal_session(const terminal_session&) = delete;
    terminal_session& operator=(const terminal_session&) = delete;

    pid_t pid() const { return pid_; }

    void type(std::string_view keys) { REQUIRE(::write(keyboard_, keys.data(), keys.size()) > 0); }

    /// Reads the screen until `text` is there; false if the program has ended, or 20 s have passed, without it.
    bool shows(std::string_view text) {
        while (screen_.find(text) == screen_.npos) {
            pollfd waiting{keyboard_, POLLIN, 0};
            if (::poll(&waiting, 1, 20'000) <= 0) return false;
            std::array<char, 512> bytes{};
            const auto size = ::read(keyboard_, bytes.data(), bytes.size());
            if (size <= 0) return false;
            screen_.append(bytes.data(), static_cast<std::size_t>(size));
        }
        return true;
    }

    /// All that was shown by the end.
    const std::string& screen() {
        shows("\x01 never shown");
        return screen_;
    }

    int wait_for_exit() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t pid_ = -1;
    int keyboard_ = -1;
    std::string screen_;
};

}  // namespace

TEST_CASE("a launched agent has all that it had if it was started directly, and nothing more") {
    launch_scene scene(local_ollama);
    // What sanitizers do to the core file size of operatorctl is not its own doing.
    scene.caller.emplace("ASAN_OPTIONS", "disable_coredump=0");
    scene.home().write("work/some-file", "");
    const std::string work = (scene.home().path() / "work").string();

    const std::pair<const char*, std::string> preparations[] = {
        {"as it comes", ""},
        {"another folder and umask", fmt::format("cd {}; umask 027", work)},
        {"signals that the caller ignores", "trap '' USR2 HUP QUIT PIPE"},
        {"descriptors of the caller's own", fmt::format("exec 5<{0}/some-file 9>>{0}/some-file", work)},
        {"limits", "ulimit -n 200; ulimit -S -c 0; ulimit -s 4096"},
        {"a lower priority", "exec nice -n 5 \"$@\""},
        {"no input", "exec <&-"},
        {"no output", "exec >&-"},
        {"nothing open at all", "exec <&- >&- 2>&-"},
        {"a folder that is gone", fmt::format("mkdir {0}/gone; cd {0}/gone; rmdir {0}/gone", work)},
    };

    for (const auto& [what, preparation] : preparations) {
        CAPTURE(what);
        const ended direct =
            scene.run(prepared(preparation, {(scene.home().path() / "bin" / "codex").string(), "direct"}));
        const ended launched = scene.run(prepared(preparation, scene.launch_command(on_local)));
        CHECK(direct.exit_code == 0);
        CHECK(launched.exit_code == 0);
        REQUIRE(direct.agent.has_value());
        REQUIRE(launched.agent.has_value());
        CHECK(in_lines(launched.agent->surroundings) == in_lines(direct.agent->surroundings));
    }
    const ended usual = scene.launch(on_local);
    REQUIRE(usual.agent.has_value());
    for (const char* line : {"status SigIgn:\t0000000000000000", "status SigBlk:\t0000000000000000"})
        CHECK(std::ranges::count(usual.agent->surroundings, line) == 1);
}

TEST_CASE("it is the same process, and its end is the agent's") {
    launch_scene scene(local_ollama);
    const std::pair<const char*, int> ends[] = {{"exit 0", 0},        {"exit 7", 7},         {"exit 255", 255},
                                                {"exit 69", 69},      {"signal 9", 128 + 9}, {"signal 15", 128 + 15},
                                                {"signal 6", 128 + 6}};
    for (const auto& [how, code] : ends) {
        CAPTURE(how);
        scene.caller["AGENT_STUB_END"] = how;
        const process agent(scene.launch_command(on_local), scene.caller);
        CHECK(agent.wait_for_exit() == code);
        const auto notes = scene.take_notes();
        REQUIRE(notes.has_value());
        CHECK(notes->pid == agent.pid());
        CHECK(agent.standard_output().empty());
        CHECK(agent.standard_error().empty());
    }
}

TEST_CASE("signals that are sent to operatorctl reach the agent") {
    launch_scene scene(local_ollama);
    scene.caller["AGENT_STUB_END"] = "wait";
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1}) {
        CAPTURE(number);
        const process agent(scene.launch_command(on_local), scene.caller);
        REQUIRE(agent.wait_for_line("ready"));
        agent.send_signal(number);
        CHECK(agent.wait_for_exit() == 0);
        CHECK(agent.standard_output() == fmt::format("ready\nsignal {}\n", number));
    }
}

TEST_CASE("the terminal is the agent's: its size, its foreground, and Ctrl-C") {
    launch_scene scene(local_ollama);
    scene.caller["AGENT_STUB_END"] = "wait";
    terminal_session session(scene.launch_command(on_local), scene.caller);
    REQUIRE(session.shows("ready"));
    const auto notes = scene.take_notes();
    REQUIRE(notes.has_value());
    CHECK(notes->pid == session.pid());
    const auto has = [&notes](const std::string& line) { return std::ranges::count(notes->surroundings, line) == 1; };
    CHECK(has("foreground yes"));
    CHECK(has("window 33x111"));
    CHECK(has(fmt::format("session {}", session.pid())));
    for (const char* descriptor : {"terminal 0 /dev/", "terminal 1 /dev/", "terminal 2 /dev/"}) {
        CAPTURE(descriptor);
        CHECK(std::ranges::any_of(notes->surroundings,
                                  [descriptor](const auto& line) { return line.starts_with(descriptor); }));
    }
    session.type("\x03");
    CHECK(session.screen() == "ready\r\n^Csignal 2\r\n");
    CHECK(session.wait_for_exit() == 0);
}

TEST_CASE("the input goes to the agent whole") {
    launch_scene scene(local_ollama);
    scene.caller["AGENT_STUB_END"] = "copy";
    const std::string bytes("first\0second\xFF\n\x1b[31m, and no end of line", 37);
    const fs::path file = scene.home().write("input", bytes);
    for (const std::string& from : {"exec \"$@\" <" + file.string(), "cat " + file.string() + " | \"$@\"; exit $?"}) {
        CAPTURE(from);
        const ended end = scene.run(prepared(from, scene.launch_command(on_local)));
        CHECK(end.exit_code == 0);
        CHECK(end.out == bytes);
        CHECK(end.err.empty());
    }
}

TEST_CASE("what stands behind -- reaches every agent byte for byte, after the options and before the prompt") {
    launch_scene scene(local_ollama + unprobed_server("bridge", "anthropic-api", "http://localhost:4000") +
                       unprobed_server("proxy", "google-api", "http://localhost:4000"));
    const words hostile{"'",
                        "\"two words\"",
                        "$(touch pwned)",
                        "`touch pwned`",
                        "${HOME} $HOME ~ * ? [a-z] {a,b} !! \\",
                        "a\nb\r\n\tc",
                        "",
                        "\xFF\xFE\xC3(",
                        "\u65E5\u672C\u8A9E \u202E",
                        "--",
                        "-",
                        "--json",
                        "--force",
                        "--help",
                        "--model=other",
                        "-c",
                        ";&|<>()#",
                        "%s%n",
                        std::string(100'000, 'x')};

    struct {
        std::string tool;
        std::string server;
        words before;
        words after;
    } const table[] = {
        {"claude", "bridge", {}, {"--", "-p $(x)\n"}},
        {"claude", "", {}, {"--", "-p $(x)\n"}},
        {"codex", "local", {}, {"--", "-p $(x)\n"}},
        {"codex", "", {}, {"--", "-p $(x)\n"}},
        {"gemini", "proxy", {"--prompt-interactive=-p $(x)\n"}, {}},
        {"gemini", "", {"--prompt-interactive=-p $(x)\n"}, {}},
    };

    for (const auto& row : table) {
        CAPTURE(row.tool);
        CAPTURE(row.server);
        words asked{"--tool", row.tool, "--model", "M"};
        if (!row.server.empty()) asked = joined(asked, {"--model-server", row.server});
        const ended bare = scene.launch(asked);
        REQUIRE(bare.agent.has_value());
        CHECK(bare.agent->argv.front() == row.tool);
        const ended plain = scene.launch(joined(asked, joined({"--"}, hostile)));
        CHECK(plain.exit_code == 0);
        CHECK(plain.err.empty());
        REQUIRE(plain.agent.has_value());
        CHECK(plain.agent->argv == joined(bare.agent->argv, hostile));

        const words prompt{"--prompt", "-p $(x)\n", "--"};
        const ended prompted = scene.launch(joined(asked, joined(prompt, hostile)));
        REQUIRE(prompted.agent.has_value());
        words expected{row.tool};
        expected = joined(expected, row.before);
        expected.insert(expected.end(), bare.agent->argv.begin() + 1, bare.agent->argv.end());
        CHECK(prompted.agent->argv == joined(joined(expected, hostile), row.after));
    }
    CHECK_FALSE(fs::exists("pwned"));
}

TEST_CASE("variables that only look odd are handed on as they are") {
    launch_scene scene(local_ollama);
    scene.caller.insert({{"WITH-DASH", "1"},
                         {"BASH_FUNC_x%%", "() { :; }"},
                         {"RAW", "\xFF\x80 \n'\"$(x)"},
                         {"EMPTY", ""},
                         {"LD_LIBRARY_PATH", "/nowhere"},
                         {"TERM", "xterm-256color"}});
    const ended end = scene.launch(on_local);
    REQUIRE(end.agent.has_value());
    CHECK(difference(scene.caller, end.agent->environment) ==
          "set NO_PROXY=127.0.0.1,localhost\n"
          "set OPENAI_BASE_URL=http://localhost:11434/v1\n"
          "set no_proxy=127.0.0.1,localhost\n");
}
