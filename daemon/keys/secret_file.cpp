#include "daemon/keys/secret_file.hpp"

#include "config/disk/disk.hpp"
#include "config/disk/file_handle.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace opd {
namespace {

problem unreadable(const std::filesystem::path& file, std::errc why) {
    return {fmt::format("{}: cannot be read: {}", file.string(), words(why)),
            "make it and its folder readable for the user who runs operatord"};
}

disk_result<secret> read_all(int descriptor, std::size_t most) {
    std::string text(most, '\0');
    std::size_t filled = 0;
    while (filled != text.size()) {
        const ssize_t count = ::read(descriptor, text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return last_error();
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    secret whole(std::string_view(text).substr(0, filled));
    wipe(text);
    return whole;
}

}  // namespace

result<std::optional<secret_file>> read_secret_file(const std::filesystem::path& file, std::size_t most) {
    // O_NONBLOCK: opening a pipe would wait for somebody to write into it.
    const file_handle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!handle) {
        const std::errc why = last_error();
        if (why == std::errc::no_such_file_or_directory) return std::optional<secret_file>();
        return unreadable(file, why);
    }
    secret_file opened;
    if (::fstat(handle.get(), &opened.facts) != 0) return unreadable(file, last_error());
    if (!S_ISREG(opened.facts.st_mode))
        return problem{fmt::format("{}: is not a regular file", file.string()), "put a file in its place"};
    auto text = read_all(handle.get(), most + 1);
    if (!text) return unreadable(file, text.error());
    if (text->reveal().size() > most)
        return problem{fmt::format("{}: has more than {} bytes", file.string(), most), "is it the right file?"};
    opened.text = std::move(*text);
    return std::optional(std::move(opened));
}

}  // namespace opd
