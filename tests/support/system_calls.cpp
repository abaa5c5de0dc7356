#include "tests/support/system_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <future>
#include <thread>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace opd::test {
namespace {

/// Makes the kernel ask before each of these calls of this thread, for the rest of its life; -1: it does not.
int ask_before(const std::vector<int>& numbers) {
    std::vector<sock_filter> program;
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    for (const int number : numbers) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

void answer_one(int listener, const std::function<int(const system_call&)>& decide) {
    seccomp_notif asked{};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) return;
    system_call call{.number = asked.data.nr, .arguments = {}};
    std::ranges::copy(asked.data.args, call.arguments.begin());
    seccomp_notif_resp answer{};
    answer.id = asked.id;
    answer.error = -decide(call);
    if (answer.error == 0) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

}  // namespace

std::filesystem::path system_call::path_of(std::size_t argument) const {
    return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", static_cast<int>(arguments.at(argument))));
}

bool with_intercepted(const std::vector<int>& numbers, const std::function<int(const system_call&)>& decide,
                      const std::function<void()>& body) {
    std::promise<int> opened;
    std::atomic<bool> ended = false;
    std::thread runner([&] {
        const int listener = ask_before(numbers);
        opened.set_value(listener);
        if (listener >= 0) body();
        ended = true;
    });
    const int listener = opened.get_future().get();
    while (!ended) {
        pollfd ready{.fd = listener, .events = POLLIN, .revents = 0};
        if (::poll(&ready, 1, 5) == 1 && (ready.revents & POLLIN) != 0) answer_one(listener, decide);
    }
    runner.join();
    if (listener >= 0) ::close(listener);
    return listener >= 0;
}

}  // namespace opd::test
