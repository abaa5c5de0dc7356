#include "daemon/launch/trusted_file.hpp"

#include <sys/stat.h>

namespace opd {
namespace {

bool only_root_can_change(const std::filesystem::path& path, mode_t type) {
    struct stat found{};
    return lstat(path.c_str(), &found) == 0 && (found.st_mode & S_IFMT) == type && found.st_uid == 0 &&
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
