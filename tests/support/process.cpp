#include "tests/support/process.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace opd::test {
namespace {

[[noreturn]] void fail(int error, const std::string& step) {
    throw std::system_error(error, std::generic_category(), step);
}

class descriptor {
public:
    descriptor() = default;

    explicit descriptor(int number) : number_(number) {}

    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }

    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    int get() const { return number_; }

private:
    int number_ = -1;
};

struct pipe_ends {
    descriptor read;
    descriptor write;
};

pipe_ends make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(errno, "pipe2");
    return {descriptor(ends[0]), descriptor(ends[1])};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// What the child does between fork and exec: system calls only, as other threads may hold any lock.
[[noreturn]] void become(char* const* argv, char* const* environment, int out, int err, int failed, pid_t parent,
                         std::span<int> handed_over) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    // First out of the way of the numbers that they shall have.
    constexpr int spare = 100;
    failed = ::fcntl(failed, F_DUPFD, spare);
    for (int& one : handed_over) one = ::fcntl(one, F_DUPFD, spare);
    int next = STDERR_FILENO;
    for (const int one : handed_over) ::dup2(one, ++next);
    ::close_range(static_cast<unsigned>(next + 1), ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(argv[0], argv, environment);
    const int error = errno;
    ::_exit(::write(failed, &error, sizeof error) < 0 ? 126 : 127);
}

/// False: the other end is closed.
bool append_available(int from, std::string& to) {
    std::array<char, 4096> bytes{};
    const auto size = ::read(from, bytes.data(), bytes.size());
    if (size > 0) to.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
}

std::optional<std::string> find_line(const std::string& output, std::string_view text) {
    const auto found = output.find(text);
    if (found == std::string::npos) return std::nullopt;
    const auto end = output.find('\n', found);
    if (end == std::string::npos) return std::nullopt;
    const auto before = output.rfind('\n', found);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    return output.substr(begin, end - begin);
}

}  // namespace

struct process::impl {
    void start(const std::vector<std::string>& argv, const environment&, std::vector<int> handed_over);
    void collect();
    void reap();

    pid_t pid = -1;
    descriptor out;
    descriptor err;
    descriptor ended;
    std::thread collector;

    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    std::string out_text;
    std::string err_text;
    std::optional<int> exit_code;
};

void process::impl::start(const std::vector<std::string>& argv, const environment& wanted,
                          std::vector<int> handed_over) {
    auto arguments = argv;
    std::vector<std::string> assignments;
    for (const auto& [name, value] : wanted) assignments.push_back(name + "=" + value);
    const auto argument_pointers = pointers_to(arguments);
    const auto environment_pointers = pointers_to(assignments);

    auto out_pipe = make_pipe();
    auto err_pipe = make_pipe();
    auto failure_pipe = make_pipe();
    const auto self = ::getpid();
    pid = ::fork();
    if (pid < 0) fail(errno, "fork");
    if (pid == 0) {
        become(argument_pointers.data(), environment_pointers.data(), out_pipe.write.get(), err_pipe.write.get(),
               failure_pipe.write.get(), self, handed_over);
    }
    failure_pipe.write = descriptor();
    int error = 0;
    if (::read(failure_pipe.read.get(), &error, sizeof error) == static_cast<ssize_t>(sizeof error)) {
        ::waitpid(pid, nullptr, 0);
        fail(error, "cannot start " + argv.at(0));
    }
    out = std::move(out_pipe.read);
    err = std::move(err_pipe.read);
    ::fcntl(out.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(err.get(), F_SETFL, O_NONBLOCK);
    // glibc 2.36 declares its pidfd_open() without extern "C".
    ended = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (ended.get() < 0) fail(errno, "pidfd_open");
    collector = std::thread([this] { collect(); });
}

void process::impl::collect() {
    std::array<pollfd, 3> sources = {pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0},
                                     pollfd{ended.get(), POLLIN, 0}};
    std::array<std::string*, 2> texts = {&out_text, &err_text};
    while (sources[2].revents == 0) {
        if (::poll(sources.data(), sources.size(), -1) < 0) continue;
        {
            const std::lock_guard lock(mutex);
            for (std::size_t i = 0; i < texts.size(); ++i) {
                if (sources[i].revents == 0) continue;
                if (!append_available(sources[i].fd, *texts[i])) sources[i].fd = -1;
            }
        }
        changed.notify_all();
    }
    reap();
}

void process::impl::reap() {
    {
        const std::lock_guard lock(mutex);
        for (auto [from, to] : {std::pair(out.get(), &out_text), std::pair(err.get(), &err_text)}) {
            auto size = to->size();
            while (append_available(from, *to) && to->size() > size) size = to->size();
        }
        int status = 0;
        ::waitpid(pid, &status, 0);
        exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    changed.notify_all();
}

process::process(const std::vector<std::string>& argv, const environment& wanted, const std::vector<int>& handed_over)
    : impl_(std::make_unique<impl>()) {
    impl_->start(argv, wanted, handed_over);
}

process::~process() {
    send_signal(SIGKILL);
    impl_->collector.join();
}

pid_t process::pid() const { return impl_->pid; }

std::optional<std::string> process::wait_for_line(std::string_view text, std::chrono::milliseconds patience) const {
    std::optional<std::string> line;
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait_for(lock, patience, [&] {
        line = find_line(impl_->out_text, text);
        if (!line) line = find_line(impl_->err_text, text);
        return line.has_value() || impl_->exit_code.has_value();
    });
    return line;
}

std::optional<int> process::wait_for_exit(std::chrono::milliseconds patience) const {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait_for(lock, patience, [&] { return impl_->exit_code.has_value(); });
    return impl_->exit_code;
}

void process::send_signal(int number) const {
    // Under the lock the process is not reaped, so its number cannot belong to another one yet.
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->exit_code) ::kill(impl_->pid, number);
}

std::string process::standard_output() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->out_text;
}

std::string process::standard_error() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->err_text;
}

}  // namespace opd::test
