#include "daemon/http/socket_lock.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

/// The file that was locked still has its name: its last holder has not removed it meanwhile.
bool is_in_place(int descriptor, const std::string& file) {
    struct stat locked{};
    struct stat named{};
    return ::fstat(descriptor, &locked) == 0 && ::stat(file.c_str(), &named) == 0 && locked.st_ino == named.st_ino &&
           locked.st_dev == named.st_dev;
}

pid_t holder_in(int descriptor) {
    std::array<char, 16> digits{};
    pid_t pid = 0;
    const ssize_t size = ::pread(descriptor, digits.data(), digits.size(), 0);
    if (size > 0) std::from_chars(digits.data(), digits.data() + size, pid);
    return pid;
}

void note_holder(int descriptor) {
    const std::string pid = std::to_string(::getpid());
    // A lock without a name is as good.
    [[maybe_unused]] const bool noted =
        ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, pid.data(), pid.size(), 0) > 0;
}

}  // namespace

result<socket_lock, listen_error> socket_lock::take(const std::string& socket_path) {
    std::string file = socket_path + ".lock";
    const auto failed = [&] { return local_error(socket_path, {errno, boost::system::system_category()}); };
    for (;;) {
        file_handle opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!opened) return failed();
        if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno != EWOULDBLOCK) return failed();
            return socket_taken(socket_path, holder_in(opened.get()), "operatord");
        }
        if (!is_in_place(opened.get(), file)) continue;
        note_holder(opened.get());
        return socket_lock(std::move(file), std::move(opened));
    }
}

socket_lock::socket_lock(std::string file, file_handle locked) : file_(std::move(file)), locked_(std::move(locked)) {}

socket_lock::socket_lock(socket_lock&& other) noexcept
    : file_(std::exchange(other.file_, {})), locked_(std::move(other.locked_)) {}

socket_lock::~socket_lock() {
    // Before the lock goes: whoever waits at the old file notices.
    if (locked_) ::unlink(file_.c_str());
}

}  // namespace opd
