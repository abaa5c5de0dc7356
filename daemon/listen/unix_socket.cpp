#include "daemon/listen/unix_socket.hpp"

#include "daemon/peers/peer.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd::listen {
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

disk_result<bool> prepare_socket_folder(const fs::path& folder, folder_kind kind) {
    if (const auto made = make_folders(folder); !made) return made.error();
    struct stat facts{};
    if (::stat(folder.c_str(), &facts) != 0) return last_error();
    const bool open_to_others = (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    if (kind != folder_kind::our_own || facts.st_uid != ::geteuid() || !open_to_others) return false;
    if (::chmod(folder.c_str(), S_IRWXU) != 0) return last_error();
    return true;
}

std::optional<std::string> doubt_about_folder(const fs::path& folder) {
    constexpr uid_t root = 0;
    std::error_code failed;
    fs::path at = fs::canonical(folder, failed);
    if (failed) return fmt::format("the folder {} cannot be looked at: {}", folder.string(), failed.message());
    // In a user namespace root may be one of those without a name: of them nothing can be said.
    const auto nameless = peers::nameless_uid();
    for (;; at = at.parent_path()) {
        struct stat facts{};
        if (::stat(at.c_str(), &facts) != 0)
            return fmt::format("the folder {} cannot be looked at: {}", at.string(), words(last_error()));
        if (facts.st_uid != root && facts.st_uid != ::geteuid() && facts.st_uid != nameless)
            return fmt::format("the folder {} belongs to another user (uid {})", at.string(), facts.st_uid);
        const bool writable = (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        if (writable && (facts.st_mode & S_ISVTX) == 0)
            return fmt::format("other users may write to the folder {} (mode {:04o})", at.string(),
                               facts.st_mode & 07777U);
        if (at == at.root_path()) return std::nullopt;
    }
}

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

}  // namespace opd::listen
