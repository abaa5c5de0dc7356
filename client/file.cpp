#include "client/file.hpp"

#include "client/text.hpp"
#include "config/disk/disk.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string>

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

}  // namespace opd
