#include "daemon/http/socket_folder.hpp"

#include "daemon/http/nameless_uid.hpp"

#include <fmt/format.h>

#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd {

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
    const auto nameless = nameless_uid();
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

}  // namespace opd
