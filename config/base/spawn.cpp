#include "config/base/spawn.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace opd {
namespace {

// What is read of an output at a time: all that a pipe holds (pipe(7)), and no more of a program that prints for ever.
constexpr int pieces_at_once = 16;
constexpr std::size_t piece_size = 4096;

/// The end for the program; the other one goes to `to_read`. None: errno says why.
file_handle open_pipe(file_handle& to_read) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    to_read = file_handle(ends[0]);
    file_handle to_write(ends[1]);
    return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? std::move(to_write) : file_handle();
}

/// The arguments of posix_spawn(3) that say what the new process does before it becomes the program.
class spawn_setup {
public:
    spawn_setup(int out, int err, const char* folder) {
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
              folder == nullptr ? 0 : posix_spawn_file_actions_addchdir_np(&actions, folder),
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

}  // namespace

bool is_program(const std::filesystem::path& file) {
    struct stat found{};
    return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
           ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0;
}

std::vector<char*> c_strings(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

child_process::~child_process() {
    if (pid_ <= 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
}

int child_process::start(const program_call& call) {
    const file_handle out = open_pipe(out_.to_read);
    const file_handle err = out ? open_pipe(err_.to_read) : file_handle();
    if (!err) return errno;
    ready = file_handle(::epoll_create1(EPOLL_CLOEXEC));
    if (!ready) return errno;
    const spawn_setup setup(out.get(), err.get(), call.folder);
    if (setup.error != 0) return setup.error;
    std::vector<std::string> words{call.file.string()};
    words.insert(words.end(), call.arguments.begin(), call.arguments.end());
    std::vector<std::string> variables = call.environment;
    const int failed = ::posix_spawn(&pid_, call.file.c_str(), &setup.actions, &setup.attributes,
                                     c_strings(words).data(), c_strings(variables).data());
    if (failed != 0) {
        pid_ = 0;
        return failed;
    }
    // <sys/pidfd.h> of glibc 2.36 is not for C++.
    ended_ = file_handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (!ended_) return errno;
    for (const int watched : {ended_.get(), out_.to_read.get(), err_.to_read.get()}) {
        epoll_event readable{.events = EPOLLIN, .data = {.fd = watched}};
        if (::epoll_ctl(ready.get(), EPOLL_CTL_ADD, watched, &readable) != 0) return errno;
    }
    return 0;
}

bool child_process::advance() {
    siginfo_t how{};
    const bool ended =
        ::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid != 0;
    take(out_);
    take(err_);
    return ended;
}

void child_process::take(output& from) const {
    std::array<char, piece_size> piece;
    for (int i = 0; i < pieces_at_once && from.to_read; ++i) {
        const ssize_t size = ::read(from.to_read.get(), piece.data(), piece.size());
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        // At its end it would be ready for ever.
        if (size <= 0) from.to_read = file_handle();
        if (size > 0)
            from.text.append(piece.data(), std::min(static_cast<std::size_t>(size), most_ - from.text.size()));
    }
}

void child_process::kill() const {
    // Its number is its own until it is reaped.
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

std::optional<program_end> child_process::end() {
    siginfo_t how{};
    if (::waitid(P_PID, static_cast<id_t>(std::exchange(pid_, 0)), &how, WEXITED) != 0) return std::nullopt;
    const bool exited = how.si_code == CLD_EXITED;
    return program_end{.signal = exited ? 0 : how.si_status,
                       .exit_code = exited ? how.si_status : 0,
                       .out = std::move(out_.text),
                       .err = std::move(err_.text)};
}

}  // namespace opd
