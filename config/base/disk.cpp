#include "config/base/disk.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace opd {
namespace {

constexpr std::chrono::seconds patience_for_locks{2};

bool is_folder(const fs::path& path) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) return false;
    errno = ENOTDIR;
    return S_ISDIR(facts.st_mode);
}

disk_result<void> sync_folder(const fs::path& path) {
    const file_handle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return last_error();
    return sync(folder.get());
}

disk_result<void> write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

std::errc last_error() { return static_cast<std::errc>(errno); }
std::string words(std::errc error) { return std::make_error_code(error).message(); }

bool is_unsupported(std::errc error) {
    return error == std::errc::invalid_argument || error == std::errc::function_not_supported ||
           error == std::errc::not_supported;
}

disk_result<std::string> read_whole(int descriptor, std::size_t most) {
    std::string text(most + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const ssize_t count =
            ::pread(descriptor, text.data() + filled, text.size() - filled, static_cast<off_t>(filled));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    if (filled > most) return std::errc::file_too_large;
    text.resize(filled);
    text.shrink_to_fit();
    return text;
}

disk_result<void> make_folders(const fs::path& path) {
    if (is_folder(path)) return {};
    if (errno != ENOENT || path.empty()) return last_error();
    const fs::path above = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (const auto made = make_folders(above); !made) return made.error();
    if (::mkdir(path.c_str(), 0700) != 0) {
        if (errno != EEXIST) return last_error();
        // Somebody was faster; or it is a link that leads nowhere.
        if (!is_folder(path)) return last_error();
    }
    return sync_folder(above);
}

disk_result<file_handle> lock_folder(const fs::path& path) {
    file_handle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return last_error();
    patience left(patience_for_locks);
    while (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        // A file system that has no locks for folders: then there are none.
        if (errno != EWOULDBLOCK) break;
        if (!left.wait()) return std::errc::resource_unavailable_try_again;
    }
    return folder;
}

disk_result<void> sync(int descriptor) {
    while (::fsync(descriptor) != 0) {
        if (errno == EINTR) continue;
        // Some file systems cannot sync a folder; they need not, or nothing can be done.
        if (errno == EINVAL) break;
        return last_error();
    }
    return {};
}

temporary_file::temporary_file(int folder, std::string name, file_handle handle)
    : folder_(folder), name_(std::move(name)), handle_(std::move(handle)) {}

temporary_file::temporary_file(temporary_file&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)), name_(std::move(other.name_)), handle_(std::move(other.handle_)) {}

temporary_file::~temporary_file() {
    if (folder_ >= 0) ::unlinkat(folder_, name_.c_str(), 0);
}

disk_result<temporary_file> temporary_file::write(int folder, std::string name, std::string_view text) {
    ::unlinkat(folder, name.c_str(), 0);
    file_handle handle(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!handle) return last_error();
    temporary_file made(folder, std::move(name), std::move(handle));
    if (const auto written = write_all(made.descriptor(), text); !written) return written.error();
    return made;
}

disk_result<bool> temporary_file::publish(const std::string& name) {
    if (::renameat2(folder_, name_.c_str(), folder_, name.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    if (!is_unsupported(last_error())) return last_error();
    if (::linkat(folder_, name_.c_str(), folder_, name.c_str(), 0) == 0) return true;
    if (errno == EEXIST) return false;
    return last_error();
}

}  // namespace opd
