#include "daemon/run_program.hpp"

#include "config/disk/file_handle.hpp"
#include "config/utf8.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace asio = boost::asio;

namespace opd {
namespace {

constexpr std::size_t longest_complaint = 200;

struct pipe_ends {
    file_handle to_read;
    file_handle to_write;

    /// 0, or an error number.
    int open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno;
        to_read = file_handle(ends[0]);
        to_write = file_handle(ends[1]);
        return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
    }

    /// What is in it now, at most so much.
    std::string text(std::size_t limit) const {
        std::string read(limit, '\0');
        const ssize_t size = ::read(to_read.get(), read.data(), read.size());
        read.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return read;
    }
};

/// The arguments of posix_spawn(3) that say what the new process does before it becomes the program.
class spawn_setup {
public:
    spawn_setup(int out, int err) {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        for (const int failed :
             {posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
              posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO),
              posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO),
              // Sockets of Asio are not close-on-exec.
              posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1),
              posix_spawn_file_actions_addchdir_np(&actions, "/"),
              posix_spawnattr_setflags(&attributes,
                                       POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF),
              posix_spawnattr_setpgroup(&attributes, 0), posix_spawnattr_setsigmask(&attributes, &none),
              posix_spawnattr_setsigdefault(&attributes, &all)}) {
            if (failed != 0) error = failed;
        }
    }

    spawn_setup(const spawn_setup&) = delete;
    spawn_setup& operator=(const spawn_setup&) = delete;

    ~spawn_setup() {
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    int error = 0;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

/// A program that runs, and the first in its process group.
class child {
public:
    explicit child(const asio::any_io_executor& executor) : ended(executor), limit(executor) {}

    child(const child&) = delete;
    child& operator=(const child&) = delete;

    ~child() {
        kill();
        reap();
    }

    /// 0, or an error number.
    int start(const program_call&);

    void kill() const {
        // Its number is its own until it is reaped.
        if (pid_ > 0) ::kill(-pid_, SIGKILL);
    }

    bool has_ended() const {
        siginfo_t how{};
        return ::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid != 0;
    }

    /// How it ended (waitid(2)); nullopt: it runs still.
    std::optional<siginfo_t> reap() {
        siginfo_t how{};
        if (pid_ <= 0 || ::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED | WNOHANG) != 0 || how.si_pid == 0)
            return std::nullopt;
        pid_ = 0;
        return how;
    }

    asio::posix::stream_descriptor ended;  ///< can be read when it has ended (pidfd_open(2))
    asio::steady_timer limit;
    pipe_ends output;
    pipe_ends complaint;
    bool out_of_time = false;

private:
    pid_t pid_ = 0;
};

int child::start(const program_call& call) {
    if (const int failed = output.open(); failed != 0) return failed;
    if (const int failed = complaint.open(); failed != 0) return failed;
    std::vector<std::string> words{call.file.string()};
    words.insert(words.end(), call.arguments.begin(), call.arguments.end());
    std::vector<std::string> variables = call.environment;
    const spawn_setup setup(output.to_write.get(), complaint.to_write.get());
    if (setup.error != 0) return setup.error;
    const int failed = ::posix_spawn(&pid_, call.file.c_str(), &setup.actions, &setup.attributes,
                                     pointers(words).data(), pointers(variables).data());
    output.to_write = file_handle();
    complaint.to_write = file_handle();
    if (failed != 0) {
        pid_ = 0;
        return failed;
    }
    // <sys/pidfd.h> of glibc 2.36 is not for C++.
    file_handle handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    boost::system::error_code refused(handle.get() < 0 ? errno : 0, boost::system::system_category());
    if (!refused) ended.assign(handle.get(), refused);
    if (!refused) {
        handle.release();
        return 0;
    }
    // Nobody would hear of its end: it goes at once.
    kill();
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    return refused.value();
}

std::string command_line(const program_call& call) {
    return legible(fmt::format("{} {}", call.file.string(), fmt::join(call.arguments, " ")));
}

/// The first line that says something, in brackets; empty where there is none.
std::string first_line(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    text = text.substr(0, text.find_first_of("\r\n"));
    const std::string line = legible(utf8_prefix(text, longest_complaint));
    return line.empty() ? line : fmt::format(" ({})", line);
}

std::string in_seconds(std::chrono::milliseconds time) {
    return fmt::format("{} s", std::chrono::duration<double>(time).count());
}

}  // namespace

asio::awaitable<result<std::string>> run_program(program_call call, program_limits limits) {
    // What is cancelled here must still be killed, and awaited.
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto running = std::make_shared<child>(co_await asio::this_coro::executor);
    const int failed = running->start(call);
    if (failed != 0) {
        co_return problem(
            fmt::format("{} cannot be run: {}", command_line(call), std::generic_category().message(failed)), "");
    }
    running->limit.expires_after(limits.time);
    running->limit.async_wait([running](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        running->out_of_time = true;
        running->kill();
    });
    bool cancelled = false;
    // Asio can report an event of the descriptor that was closed before this one was opened.
    while (!running->has_ended()) {
        const auto [error] = co_await running->ended.async_wait(asio::posix::descriptor_base::wait_read, await);
        if (!error) continue;
        cancelled = true;
        running->kill();
    }
    running->kill();
    running->limit.cancel();
    const auto how = running->reap();

    if (cancelled) co_return problem(command_line(call) + " was given up", "");
    if (running->out_of_time) {
        co_return problem(fmt::format("{} did not end within {}", command_line(call), in_seconds(limits.time)), "");
    }
    if (how && how->si_code == CLD_EXITED && how->si_status == 0) co_return running->output.text(limits.output);
    const std::string complaint = first_line(running->complaint.text(limits.output));
    if (how && how->si_code == CLD_EXITED) {
        co_return problem(fmt::format("{} ended with exit code {}{}", command_line(call), how->si_status, complaint),
                          "");
    }
    const std::string signal = how ? fmt::format("by signal {}", how->si_status) : std::string("by somebody else");
    co_return problem(fmt::format("{} was ended {}{}", command_line(call), signal, complaint), "");
}

}  // namespace opd
