#include "daemon/loop/run_program.hpp"

#include "daemon/loop/task_group.hpp"
#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/fake_program.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace asio = boost::asio;
using namespace opd;
using namespace opd::loop;
using namespace opd::test;
using namespace std::chrono_literals;

namespace {

struct running {
    /// What it printed, or why there is nothing.
    std::string run(const std::filesystem::path& file, std::vector<std::string> arguments = {},
                    std::vector<std::string> environment = {}) {
        const auto end = test::run(loop, said({.file = file, .arguments = arguments, .environment = environment}));
        CHECK(has_no_children());
        return end;
    }

    std::string run_script(std::string_view text) {
        return run(script(folder, "tool", text), {"--version"}, {"PATH=/usr/bin:/bin"});
    }

    /// A text of its own: a result cannot be empty, as the loop of tests needs it.
    asio::awaitable<std::string> said(program_call call) {
        const auto end = co_await run_program(std::move(call), limits);
        if (end) co_return *end;
        co_return "failed: " + end.error().message;
    }

    static bool has_no_children() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

    std::string failure(std::string_view why) const {
        return fmt::format("failed: {} --version {}", (folder.path() / "tool").string(), why);
    }

    temp_folder folder;
    asio::io_context loop{1};
    program_limits limits;
};

}  // namespace

TEST_CASE("a program is run with its arguments as they are, and what it prints is the answer") {
    running here;
    CHECK(here.run("/usr/bin/printf", {"%s|", "a b", "$(id)", "", "'\"\\"}) == "a b|$(id)||'\"\\|");
    CHECK(here.run_script("echo hidden >&2; echo shown") == "shown\n");
    CHECK(here.run_script("") == "");
}

TEST_CASE("a program gets the environment given, and nothing of ours") {
    running here;
    ::setenv("OPD_TEST_KEY", "secret", 1);
    CHECK(here.run("/usr/bin/env", {}, {"A=1", "B=x y"}) == "A=1\nB=x y\n");
    CHECK(here.run("/usr/bin/env") == "");
    ::unsetenv("OPD_TEST_KEY");
}

TEST_CASE("a program has no input, no descriptor of ours, and starts in the root folder") {
    running here;
    const int open = ::open("/dev/zero", O_RDONLY);  // not close-on-exec, as sockets of Asio are
    REQUIRE(open > 2);
    CHECK(here.run("/bin/ls", {"/proc/self/fd"}) == "0\n1\n2\n3\n");  // 3 is what ls reads
    ::close(open);
    CHECK(here.run("/bin/readlink", {"/proc/self/fd/0"}) == "/dev/null\n");
    CHECK(here.run("/bin/readlink", {"/proc/self/cwd"}) == "/\n");
}

TEST_CASE("a program has a process group of its own, and no signal is blocked or ignored") {
    running here;
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigset_t mask;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &blocked, &mask);
    CHECK(here.run("/bin/grep", {"SigBlk", "/proc/self/status"}) == "SigBlk:\t0000000000000000\n");
    const std::string ignored = here.run("/bin/grep", {"SigIgn", "/proc/self/status"});
    REQUIRE(ignored.starts_with("SigIgn:\t"));
    CHECK((std::stoull(ignored.substr(8), nullptr, 16) & 0x7fffffff) == 0);  // libc keeps two of the others to itself
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    std::signal(SIGPIPE, before);
    const std::string ids = here.run("/usr/bin/cut", {"-d ", "-f1,5", "/proc/self/stat"});
    CHECK(ids.substr(0, ids.find(' ')) + "\n" == ids.substr(ids.find(' ') + 1));
}

TEST_CASE("a program that fails is told with its exit code and its complaint") {
    running here;
    CHECK(here.run_script("exit 1") == here.failure("ended with exit code 1"));
    CHECK(here.run_script("echo 1.2.3; printf '\\n  bad \\033[1mnode\\r\\nmore\\n' >&2; exit 7") ==
          here.failure("ended with exit code 7 (bad \xEF\xBF\xBD[1mnode)"));
    CHECK(here.run_script("printf '%0300d' 0 >&2; exit 2") ==
          here.failure(fmt::format("ended with exit code 2 ({})", std::string(200, '0'))));
    CHECK(here.run_script("kill -TERM $$") == here.failure("was ended by signal 15"));
}

TEST_CASE("a program that cannot be run is told with the reason") {
    running here;
    const auto nothing = here.folder.path() / "tool";
    CHECK(here.run(nothing, {"--version"}) == here.failure("cannot be run: No such file or directory"));
    here.folder.write("tool", "#!/no/such/node\n");
    std::filesystem::permissions(nothing, std::filesystem::perms(0755));
    CHECK(here.run(nothing, {"--version"}) == here.failure("cannot be run: No such file or directory"));
    here.folder.write("tool", "not a program");
    CHECK(here.run(nothing, {"--version"}) == here.failure("cannot be run: Exec format error"));
    std::filesystem::permissions(nothing, std::filesystem::perms(0644));
    CHECK(here.run(nothing, {"--version"}) == here.failure("cannot be run: Permission denied"));
}

TEST_CASE("at the time limit a program is killed with all that it has started") {
    running here;
    here.limits.time = 200ms;
    const auto pids = here.folder.path() / "pids";
    const std::string text = fmt::format("trap '' TERM\nsleep 1000 &\necho $! $$ >'{}'\nsleep 1000\n", pids.string());
    CHECK(here.run_script(text) == here.failure("did not end within 0.2 s"));
    const std::vector<pid_t> started = pids_in(pids);
    REQUIRE(started.size() == 2);
    for (const pid_t one : started) CHECK(run_until(here.loop, [&] { return !is_alive(one); }));
}

TEST_CASE("what a program leaves running does not hold its answer up, and goes") {
    running here;
    const auto pids = here.folder.path() / "pids";
    CHECK(here.run_script(fmt::format("sleep 1000 &\necho $! >'{}'\necho 1.2.3\n", pids.string())) == "1.2.3\n");
    REQUIRE(pids_in(pids).size() == 1);
    CHECK(run_until(here.loop, [&] { return !is_alive(pids_in(pids).front()); }));
}

TEST_CASE("only the start of what a program prints is read, and no program can print for ever") {
    running here;
    CHECK(here.run_script("printf '%09000d' 0") == std::string(4096, '0'));
    here.limits.output = 3;
    CHECK(here.run_script("echo 12345") == "123");
    here.limits.time = 100ms;
    CHECK(here.run_script("exec yes") == here.failure("did not end within 0.1 s"));
    CHECK(here.run_script("exec yes >&2") == here.failure("did not end within 0.1 s"));
}

TEST_CASE("a program that prints more than a pipe holds before it ends is not waited for in vain") {
    running here;
    CHECK(here.run_script("printf '%0100000d' 0") == std::string(4096, '0'));
    CHECK(here.run_script("printf '%0100000d' 0 >&2; echo 1.2.3") == "1.2.3\n");
}

TEST_CASE("a program is killed and awaited when its call is cancelled") {
    running here;
    const auto pids = here.folder.path() / "pids";
    const auto tool =
        script(here.folder, "tool", fmt::format("sleep 1000 &\necho $! $$ >'{}'\nsleep 1000\n", pids.string()));
    std::string end;
    task_group tasks(here.loop.get_executor(), [](const std::exception_ptr&) { CHECK(false); });
    const auto wait_for_end = [&]() -> asio::awaitable<void> {
        auto call = here.said({.file = tool, .arguments = {"--version"}, .environment = {"PATH=/usr/bin:/bin"}});
        end = co_await std::move(call);
    };
    tasks.spawn(wait_for_end());
    REQUIRE(run_until(here.loop, [&] { return pids_in(pids).size() == 2; }));
    tasks.cancel();
    run(here.loop, tasks.join());
    CHECK(end == here.failure("was given up"));
    CHECK(running::has_no_children());
    for (const pid_t one : pids_in(pids)) CHECK(run_until(here.loop, [&] { return !is_alive(one); }));
}
