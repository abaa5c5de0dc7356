#include "daemon/launch/trusted_file.hpp"

#include "daemon/http/nameless_uid.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

/// In the user namespace of a sandbox root may be one of those without a name, and then it cannot be told from others.
/// The tool looks again, outside.
bool may_be_root(uid_t owner) {
    return owner == 0 || (owner != ::geteuid() && owner == nameless_uid());
}

bool only_root_can_change(const std::filesystem::path& path, mode_t type) {
    struct stat found{};
    return lstat(path.c_str(), &found) == 0 && (found.st_mode & S_IFMT) == type && may_be_root(found.st_uid) &&
           (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

std::optional<std::string> trusted_file(const std::filesystem::path& file) {
    if (!file.is_absolute() || !only_root_can_change(file, S_IFREG)) return std::nullopt;
    for (std::filesystem::path folder = file.parent_path();; folder = folder.parent_path()) {
        if (!only_root_can_change(folder, S_IFDIR)) return std::nullopt;
        if (folder == folder.root_path()) return file.string();
    }
}

}  // namespace opd
