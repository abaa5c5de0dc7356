#include "config/config.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

class file_handle {
public:
    explicit file_handle(int descriptor) : descriptor_(descriptor) {}

    file_handle(const file_handle&) = delete;
    file_handle& operator=(const file_handle&) = delete;

    ~file_handle() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    int get() const { return descriptor_; }

private:
    int descriptor_;
};

diagnostic about(const std::filesystem::path& file, std::string message, std::string hint) {
    diagnostic made;
    made.file = file.string();
    made.message = std::move(message);
    made.hint = std::move(hint);
    return made;
}

diagnostic system_fault(const std::filesystem::path& file, int error) {
    std::string hint = "check the path, or name another file with --config FILE";
    if (error == EACCES || error == EPERM) {
        hint = fmt::format("make it and its folder readable for this user: chmod u+r {}", file.string());
    } else if (error == ELOOP) {
        hint = "the symbolic links lead in a circle: remove one of them";
    }
    return about(file, fmt::format("cannot be read: {}", std::generic_category().message(error)), std::move(hint));
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

result<loaded_config, diagnostic> read_and_parse(const std::filesystem::path& file, int descriptor) {
    std::string text(max_config_bytes + 1, '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const ssize_t count = ::read(descriptor, text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_fault(file, errno);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    if (filled > max_config_bytes) return too_large(file);
    text.resize(filled);
    return parse_config(text, file.string());
}

}  // namespace

result<loaded_config, diagnostic> load_config(const std::filesystem::path& file) {
    // O_NONBLOCK: opening a pipe would wait for somebody to write into it.
    const file_handle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (handle.get() < 0) {
        if (errno == ENOENT) return loaded_config{};
        if (errno == ENXIO) return about(file, "is a socket or a pipe, not a file", "name a file with --config FILE");
        return system_fault(file, errno);
    }
    struct stat facts{};
    if (::fstat(handle.get(), &facts) != 0) return system_fault(file, errno);
    if (!S_ISREG(facts.st_mode)) {
        return about(file, fmt::format("is {}, not a file", sort_of(facts.st_mode)), "name a file with --config FILE");
    }
    if (std::cmp_greater(facts.st_size, max_config_bytes)) return too_large(file);
    return read_and_parse(file, handle.get());
}

}  // namespace opd
