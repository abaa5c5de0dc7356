// A stand-in for an agent. It writes down what it was started with, and ends as it is told:
//   AGENT_STUB_FILE   where to: records `WHAT TEXT`, each followed by a NUL; the file appears at once
//   AGENT_STUB_END    `exit N` (0 unless told), `signal N`: by that signal, `copy`: after copying its input to its
//                     output, `wait`: prints `ready`, waits for a signal, prints `signal N`

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

class notes {
public:
    void add(std::string_view what, std::string_view text) {
        text_.append(what).append(1, ' ').append(text).append(1, '\0');
    }

    void add(std::string_view what, long long number) { add(what, std::to_string(number)); }

    const std::string& text() const { return text_; }

private:
    std::string text_;
};

void add_descriptors(notes& into) {
    const fs::path folder = "/proc/self/fd";
    for (const auto& entry : fs::directory_iterator(folder)) {
        std::error_code gone;
        const fs::path target = fs::read_symlink(entry.path(), gone);
        const bool is_of_this_listing = target.string().ends_with("/fd");
        if (!gone && !is_of_this_listing)
            into.add("descriptor", entry.path().filename().string() + " " + target.string());
    }
}

void add_status(notes& into) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        for (const std::string_view field : {"Umask:", "Uid:", "Gid:", "Groups:", "SigPnd:", "ShdPnd:", "SigBlk:",
                                             "SigIgn:", "SigCgt:", "CapEff:", "CapAmb:", "NoNewPrivs:", "Seccomp:"}) {
            if (line.starts_with(field)) into.add("status", line);
        }
    }
}

void add_limits(notes& into) {
    for (int which = 0; which < RLIMIT_NLIMITS; ++which) {
        struct rlimit limit{};
        ::getrlimit(static_cast<__rlimit_resource>(which), &limit);
        into.add("limit",
                 std::to_string(which) + " " + std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max));
    }
    into.add("nice", ::getpriority(PRIO_PROCESS, 0));
}

void add_terminal(notes& into) {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        std::array<char, 256> name{};
        if (::ttyname_r(descriptor, name.data(), name.size()) == 0)
            into.add("terminal", std::to_string(descriptor) + " " + name.data());
    }
    struct winsize size{};
    if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) return;
    into.add("window", std::to_string(size.ws_row) + "x" + std::to_string(size.ws_col));
    into.add("foreground", ::tcgetpgrp(STDIN_FILENO) == ::getpgrp() ? "yes" : "no");
}

std::string everything(int argc, char** argv) {
    notes out;
    add_descriptors(out);
    add_status(out);
    add_limits(out);
    add_terminal(out);
    std::error_code gone;
    out.add("folder", fs::current_path(gone).string());
    out.add("process", ::getpid());
    out.add("parent", ::getppid());
    out.add("group", ::getpgrp());
    out.add("session", ::getsid(0));
    for (int i = 0; i < argc; ++i) out.add("argument", argv[i]);
    for (char** entry = environ; *entry != nullptr; ++entry) out.add("variable", *entry);
    return out.text();
}

void write_down(const std::string& file, const std::string& text) {
    const std::string growing = file + "~";
    std::ofstream(growing, std::ios::binary) << text;
    fs::rename(growing, file);
}

void wait_for_signal(const sigset_t& awaited) {
    std::puts("ready");
    std::fflush(stdout);
    int number = 0;
    ::sigwait(&awaited, &number);
    std::printf("signal %d\n", number);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string text = everything(argc, argv);
    sigset_t awaited;
    sigemptyset(&awaited);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1}) sigaddset(&awaited, number);
    const char* end = std::getenv("AGENT_STUB_END");
    std::istringstream told(end != nullptr ? end : "exit 0");
    std::string how;
    int number = 0;
    told >> how >> number;
    if (how == "wait") ::sigprocmask(SIG_BLOCK, &awaited, nullptr);
    if (const char* file = std::getenv("AGENT_STUB_FILE")) write_down(file, text);
    if (how == "wait") wait_for_signal(awaited);
    if (how == "copy")
        for (int c = std::getchar(); c != EOF; c = std::getchar()) std::putchar(c);
    if (how == "signal") ::raise(number);
    return number;
}
