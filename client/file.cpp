#include "client/file.hpp"

#include "client/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

problem cannot_write(const std::filesystem::path& path, std::errc why) {
    return {fmt::format("cannot write {}: {}", printable(path.string()), words(why)), {}};
}

/// A folder, a pipe, a device or a link (/dev/stdout is one): nothing that a text could take the place of.
bool is_something_else(const std::filesystem::path& path) {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
}

constexpr std::size_t longest_token_file = 4096;

problem unusable(const std::string& file, std::string_view why) {
    return {fmt::format("the token file {} {}", printable(file), why),
            "copy the one that the log of that operatord names"};
}

/// What may stand in a header (RFC 6750 2.1).
bool is_token(std::string_view text) {
    const auto fits = [](unsigned char c) { return c > ' ' && c < 0x7f; };
    return !text.empty() && std::ranges::all_of(text, fits);
}

}  // namespace

result<void> write_file(const std::filesystem::path& path, std::string_view text, write_options how) {
    const std::string folder_name = path.has_parent_path() ? path.parent_path().string() : ".";
    const std::string name = path.filename().string();
    if (name.empty() && !path.has_parent_path()) return problem{"the file to write has no name", "name one"};
    if (name.empty() || is_something_else(path))
        return problem{fmt::format("cannot write {}: it is not a regular file", printable(path.string())),
                       "remove it, or choose another name"};
    const file_handle folder(::open(folder_name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return cannot_write(path, last_error());
    // Others may be writing the same file.
    auto temporary = temporary_file::write(folder.get(), fmt::format(".{}.{}", name, ::getpid()), text);
    if (!temporary) return cannot_write(path, temporary.error());
    if (::fchmod(temporary->descriptor(), how.mode) != 0) return cannot_write(path, last_error());
    if (how.replace) {
        if (::renameat(folder.get(), temporary->name().c_str(), folder.get(), name.c_str()) != 0)
            return cannot_write(path, last_error());
    } else {
        const auto published = temporary->publish(name);
        if (!published) return cannot_write(path, published.error());
        if (!*published)
            return problem{fmt::format("{} exists already", printable(path.string())), "--force replaces it"};
    }
    return {};
}

disk_result<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
    const file_handle handle(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!handle) return last_error();
    return read_whole(handle.get(), most);
}

result<secret> read_token(const std::string& file) {
    const file_handle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    auto text = handle ? read_whole(handle.get(), longest_token_file) : disk_result<std::string>(last_error());
    if (!text) return unusable(file, fmt::format("cannot be read: {}", words(text.error())));
    const std::size_t size = text->ends_with('\n') ? text->size() - 1 : text->size();
    const std::string_view line = std::string_view(*text).substr(0, size);
    const bool fits = is_token(line);
    secret token(line);
    wipe(*text);
    if (!fits) return unusable(file, "is not a token in one line");
    return token;
}

}  // namespace opd
