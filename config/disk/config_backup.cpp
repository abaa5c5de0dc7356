#include "config/base/ascii.hpp"
#include "config/base/disk.hpp"
#include "config/disk/config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;

namespace opd {
namespace {

constexpr std::size_t most_backups = 30;
constexpr std::string_view pattern = "dddd-dd-dd.toml";

/// A path as one name, as systemd-escape(1) makes it of a path: without its first `/`, the others as `-`.
std::string as_name(const fs::path& path) {
    std::error_code failed;
    fs::path whole = fs::absolute(path, failed);
    if (failed) whole = path;
    std::string name;
    for (const char one : whole.lexically_normal().relative_path().string()) {
        const bool plain = is_alphanumeric(one) || one == '_' || one == ':' || (one == '.' && !name.empty());
        if (one == '/')
            name += '-';
        else if (plain)
            name += one;
        else
            name += fmt::format("\\x{:02x}", static_cast<unsigned char>(one));
    }
    return name;
}

bool is_backup(std::string_view name) {
    return std::ranges::equal(name, pattern,
                              [](char one, char allowed) { return allowed == 'd' ? is_digit(one) : one == allowed; });
}

void remove_old(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
        std::string name = at->path().filename().string();
        if (is_backup(name)) names.push_back(std::move(name));
    }
    if (names.size() <= most_backups) return;
    std::ranges::sort(names, std::greater<>());
    for (std::size_t i = most_backups; i != names.size(); ++i) fs::remove(folder / names[i], failed);
}

disk_result<void> keep(const fs::path& folder, const std::string& name, std::string_view text) {
    if (const auto made = make_folders(folder); !made) return made.error();
    const auto locked = lock_folder(folder);
    if (!locked) return locked.error();
    auto copy = temporary_file::write(locked->get(), ".operatord-new", text);
    if (!copy) return copy.error();
    if (const auto synced = sync(copy->descriptor()); !synced) return synced.error();
    const auto published = copy->publish(name);
    if (!published) return published.error();
    return sync(locked->get());
}

}  // namespace

result<fs::path> back_up_config(const fs::path& state_folder, const fs::path& file, std::string_view day,
                                std::string_view text) {
    const fs::path folder = state_folder / "backups" / as_name(file);
    const std::string name = fmt::format("{}.toml", day);
    const fs::path backup = folder / name;
    if (::access(backup.c_str(), F_OK) == 0) return backup;
    if (const auto kept = keep(folder, name, text); !kept) {
        return problem(fmt::format("cannot write the backup {}: {}", backup.string(), words(kept.error())),
                       fmt::format("see that {} can be written to and has space", state_folder.string()));
    }
    remove_old(folder);
    return backup;
}

}  // namespace opd
