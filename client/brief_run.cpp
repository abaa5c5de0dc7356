#include "client/brief_run.hpp"

#include "client/c_strings.hpp"
#include "client/launch/program.hpp"
#include "client/text.hpp"
#include "config/disk/file_handle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace opd {
namespace {

using clock = std::chrono::steady_clock;

problem cannot_run(const std::vector<std::string>& argv, std::string_view why) {
    return {fmt::format("{} cannot be run: {}", printable(argv.front()), why), {}};
}

std::string words_of(int error) {
    return std::generic_category().message(error);
}

/// One output of a program.
struct stream {
    file_handle to_read;
    file_handle to_write;
    std::string text;

    bool open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
        to_read = file_handle(ends[0]);
        to_write = file_handle(ends[1]);
        return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
    }

    /// Takes what is there, and forgets what is more than `most`. false: nothing will come any more.
    bool take(std::size_t most) {
        std::array<char, 4096> piece;
        while (true) {
            const ssize_t size = ::read(to_read.get(), piece.data(), piece.size());
            if (size == 0) return false;
            if (size < 0) return errno == EAGAIN || errno == EINTR;
            text.append(piece.data(), std::min(static_cast<std::size_t>(size), most - text.size()));
        }
    }
};

/// A program, first of a process group of its own, which is killed when this goes.
struct child {
    child() = default;
    child(const child&) = delete;
    child& operator=(const child&) = delete;

    ~child() {
        if (number <= 0) return;
        ::kill(-number, SIGKILL);
        ::waitpid(number, nullptr, 0);
    }

    /// 0, or an error number.
    int start(const std::string& path, std::vector<std::string> argv, environment variables);

    pid_t number = 0;
    stream out;
    stream err;
    file_handle ended;  ///< can be read when it has (pidfd_open(2))
};

int child::start(const std::string& path, std::vector<std::string> argv, environment variables) {
    if (!out.open() || !err.open()) return errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.to_write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err.to_write.get(), STDERR_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int failed = ::posix_spawn(&number, path.c_str(), &actions, &attributes, c_strings(argv).data(),
                                     c_strings(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    out.to_write = file_handle();
    err.to_write = file_handle();
    if (failed != 0) {
        number = 0;
        return failed;
    }
    // <sys/pidfd.h> of glibc 2.36 is not for C++.
    ended = file_handle(static_cast<int>(::syscall(SYS_pidfd_open, number, 0)));
    return ended ? 0 : errno;
}

/// Collects what the program prints until it has ended; false: it has not at the deadline.
bool wait_for_end(child& program, clock::time_point until, std::size_t most) {
    bool out_is_open = true;
    bool err_is_open = true;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
        if (left.count() <= 0) return false;
        std::array<pollfd, 3> wanted{
            {{.fd = program.ended.get(), .events = POLLIN, .revents = 0},
             {.fd = out_is_open ? program.out.to_read.get() : -1, .events = POLLIN, .revents = 0},
             {.fd = err_is_open ? program.err.to_read.get() : -1, .events = POLLIN, .revents = 0}}};
        if (::poll(wanted.data(), wanted.size(), static_cast<int>(left.count())) < 0) continue;
        if (out_is_open) out_is_open = program.out.take(most);
        if (err_is_open) err_is_open = program.err.take(most);
        if (wanted[0].revents != 0) return true;
    }
}

}  // namespace

result<program_end> run_briefly(std::vector<std::string> argv, environment variables, brief_limits limits) {
    const clock::time_point until = clock::now() + limits.time;
    std::string path = argv.front();
    if (path.find('/') == path.npos) {
        const auto found = search_program(path, variables);
        if (!found) return cannot_run(argv, "it is not on PATH");
        path = found->path;
    }
    child program;
    if (const int failed = program.start(path, argv, std::move(variables)); failed != 0)
        return cannot_run(argv, words_of(failed));
    const std::string line = printable(command_line_text(argv));
    if (!wait_for_end(program, until, limits.output))
        return problem(fmt::format("{} did not end within {} ms", line, limits.time.count()), {});
    int how = 0;
    ::waitpid(std::exchange(program.number, 0), &how, 0);
    if (!WIFEXITED(how)) return problem(fmt::format("{} was ended by signal {}", line, WTERMSIG(how)), {});
    return program_end{
        .exit_code = WEXITSTATUS(how), .out = std::move(program.out.text), .err = std::move(program.err.text)};
}

}  // namespace opd
