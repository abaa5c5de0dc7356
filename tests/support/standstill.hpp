#pragma once

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace opd::test {

/// Waits until a thread of this process waits itself: for a lock, for a file, or for time to pass.
inline void wait_until_asleep(pid_t thread) {
    const std::string stat = "/proc/self/task/" + std::to_string(thread) + "/stat";
    for (;;) {
        std::ifstream in(stat);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        const auto name_end = text.rfind(')');
        if (name_end == text.npos) throw std::runtime_error("there is no " + stat);
        if (text.compare(name_end, 3, ") S") == 0) return;
        std::this_thread::yield();
    }
}

/// What happens in a folder from now on: files that are opened, written, closed, renamed.
class folder_events {
public:
    explicit folder_events(const std::filesystem::path& folder) : events_(::inotify_init1(IN_CLOEXEC)) {
        if (::inotify_add_watch(events_, folder.c_str(), IN_ALL_EVENTS) < 0) throw std::runtime_error("no inotify");
    }

    folder_events(const folder_events&) = delete;
    folder_events& operator=(const folder_events&) = delete;

    ~folder_events() { ::close(events_); }

    /// Waits for so many; false: the next does not come for a long while.
    bool wait(std::size_t count) const {
        alignas(inotify_event) char read_now[4096];
        for (std::size_t seen = 0; seen < count;) {
            pollfd there{.fd = events_, .events = POLLIN, .revents = 0};
            if (::poll(&there, 1, 20'000) <= 0) return false;
            const ssize_t length = ::read(events_, read_now, sizeof read_now);
            if (length <= 0) return false;
            for (ssize_t at = 0; at < length; ++seen) {
                inotify_event event;
                std::memcpy(&event, read_now + at, sizeof event);
                at += static_cast<ssize_t>(sizeof event + event.len);
            }
        }
        return true;
    }

private:
    int events_;
};

}  // namespace opd::test
