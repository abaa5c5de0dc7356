#include "config/disk/config_file.hpp"

#include "config/base/disk.hpp"
#include "config/config.hpp"
#include "config/disk/opened_config.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>

namespace opd {
namespace {

constexpr std::chrono::milliseconds patience_for_writers{300};

diagnostic about(const std::filesystem::path& file, std::string message, std::string hint) {
    return {.file = file.string(), .message = std::move(message), .hint = std::move(hint)};
}

diagnostic system_fault(const std::filesystem::path& file, std::errc error) {
    std::string hint = "check the path, or name another file with --config FILE";
    if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted)
        hint = fmt::format("make it and its folder readable for this user: chmod u+r {}", file.string());
    else if (error == std::errc::too_many_symbolic_link_levels)
        hint = "the symbolic links lead in a circle: remove one of them";
    return about(file, fmt::format("cannot be read: {}", words(error)), std::move(hint));
}

std::string sort_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a named pipe";
    if (S_ISSOCK(mode)) return "a socket";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    return "something else";
}

diagnostic too_large(const std::filesystem::path& file) {
    return about(file, fmt::format("the file has more than {} bytes", max_config_bytes),
                 "keep it under 1 MiB: is it a configuration at all?");
}

bool changed_between(const struct stat& one, const struct stat& other) {
    return one.st_size != other.st_size || one.st_mtim.tv_sec != other.st_mtim.tv_sec ||
           one.st_mtim.tv_nsec != other.st_mtim.tv_nsec;
}

disk_result<file_handle> open_patiently(int folder, const std::filesystem::path& name, patience& left) {
    while (true) {
        // O_NONBLOCK: opening a pipe would wait for somebody to write into it.
        const int descriptor = ::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (descriptor >= 0) return file_handle(descriptor);
        const std::errc error = last_error();
        // A file server may keep others out for a moment.
        const bool may_pass = error == std::errc::resource_unavailable_try_again || error == std::errc::interrupted;
        if (!may_pass || !left.wait()) return error;
    }
}

result<opened_config, diagnostic> open_once(int folder, const std::filesystem::path& name,
                                            const std::filesystem::path& shown, patience& left) {
    auto handle = open_patiently(folder, name, left);
    if (!handle) {
        if (handle.error() == std::errc::no_such_file_or_directory) return opened_config();
        if (handle.error() == std::errc::no_such_device_or_address)
            return about(shown, "is a socket or a pipe, not a file", "name a file with --config FILE");
        return system_fault(shown, handle.error());
    }
    opened_config opened;
    opened.handle = std::move(*handle);
    const int descriptor = opened.handle.get();
    if (::fstat(descriptor, &opened.facts) != 0) return system_fault(shown, last_error());
    if (!S_ISREG(opened.facts.st_mode)) {
        return about(shown, fmt::format("is {}, not a file", sort_of(opened.facts.st_mode)),
                     "name a file with --config FILE");
    }
    if (std::cmp_greater(opened.facts.st_size, max_config_bytes)) return too_large(shown);
    opened.lease = read_lease(descriptor);
    auto text = read_whole(descriptor, max_config_bytes);
    if (!text && text.error() == std::errc::file_too_large) return too_large(shown);
    if (!text) return system_fault(shown, text.error());
    opened.content = {.text = std::move(*text), .exists = true};
    struct stat after{};
    if (::fstat(descriptor, &after) != 0) return system_fault(shown, last_error());
    opened.being_written = opened.lease.refused() || changed_between(opened.facts, after);
    return opened;
}

}  // namespace

read_lease::read_lease(int descriptor) {
    // Who wants to write makes the kernel send a signal: SIGIO, which kills, unless another one is named.
    if (::fcntl(descriptor, F_SETSIG, SIGURG) != 0) return;
    if (::fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0)
        descriptor_ = descriptor;
    else
        refused_ = errno == EAGAIN;
}

read_lease::read_lease(read_lease&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), refused_(other.refused_) {}

read_lease& read_lease::operator=(read_lease&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(refused_, other.refused_);
    return *this;
}

read_lease::~read_lease() {
    if (held()) ::fcntl(descriptor_, F_SETLEASE, F_UNLCK);
}

bool read_lease::wanted() const { return held() && ::fcntl(descriptor_, F_GETLEASE) != F_RDLCK; }

result<opened_config, diagnostic> open_config(int folder, const std::filesystem::path& name,
                                              const std::filesystem::path& shown, bool was_there) {
    patience left(patience_for_writers);
    while (true) {
        // Each time anew by its name: another file may have taken its place.
        auto opened = open_once(folder, name, shown, left);
        if (!opened) return opened;
        const bool on_its_way = was_there && !opened->content.exists;
        if (!(opened->being_written || on_its_way) || !left.wait()) return opened;
    }
}

result<config_text, diagnostic> read_config_file(const std::filesystem::path& file, bool was_there) {
    auto opened = open_config(AT_FDCWD, file, file, was_there);
    if (!opened) return opened.error();
    return std::move(opened->content);
}

}  // namespace opd
