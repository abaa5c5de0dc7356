#include "config/base/disk.hpp"
#include "config/config.hpp"
#include "config/disk/config_file.hpp"
#include "config/disk/opened_config.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd {
namespace {

constexpr int most_links = 40;  // as the kernel
constexpr int most_exchanges = 100;
constexpr const char* access_list = "system.posix_acl_access";

std::string advice(std::errc error) {
    switch (static_cast<int>(error)) {
        case ENOSPC:
        case EDQUOT: return "free some space there";
        case EACCES:
        case EPERM: return "make the file and its folder writable for this user";
        case EROFS: return "its file system is mounted read-only";
        case EBUSY: return "the file is a mount point: mount its folder instead";
        case ELOOP: return "the symbolic links lead in a circle: remove one of them";
        case EAGAIN: return "another program keeps its folder locked: end it, or try again";
        default: return "check the path and its folder";
    }
}

problem cannot_write(const fs::path& file, std::errc error) {
    return {fmt::format("cannot write {}: {}", file.string(), words(error)),
            fmt::format("{}; nothing was changed", advice(error))};
}

/// What a path leads to in the end, which need not be there: only its folder may still be a link.
disk_result<fs::path> follow_links(fs::path path) {
    for (int links = 0; links != most_links; ++links) {
        if (!path.has_filename()) return std::errc::is_a_directory;
        std::error_code failed;
        const fs::path leads_to = fs::read_symlink(path, failed);
        if (failed == std::errc::invalid_argument || failed == std::errc::no_such_file_or_directory) return path;
        if (failed) return static_cast<std::errc>(failed.value());
        path = path.parent_path() / leads_to;
    }
    return std::errc::too_many_symbolic_link_levels;
}

bool same_inode(const struct stat& one, const struct stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// The same file, and what is kept of it is as it was.
bool same_file(const struct stat& one, const struct stat& other) {
    return same_inode(one, other) && one.st_mode == other.st_mode && one.st_uid == other.st_uid &&
           one.st_gid == other.st_gid;
}

/// The names, each with a NUL behind it; empty where the file system has no attributes.
std::string attribute_names(int file) {
    std::string names(XATTR_LIST_MAX, '\0');
    const ssize_t size = ::flistxattr(file, names.data(), names.size());
    names.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return names;
}

/// Gives an open file the owner and the group of another one.
disk_result<void> take_over_owner(int file, const struct stat& other) {
    struct stat own{};
    if (::fstat(file, &own) != 0) return last_error();
    if (own.st_uid == other.st_uid && own.st_gid == other.st_gid) return {};
    if (::fchown(file, other.st_uid, other.st_gid) != 0) return last_error();
    return {};
}

/// Gives an open file the mode, the access control list and the other extended attributes of another one. What is
/// neither mode nor access control list is left out where it cannot be written.
disk_result<void> take_over_permissions(int file, int other, const struct stat& other_facts) {
    // The folder may have given the new file a list that lets more people in.
    if (::fremovexattr(file, access_list) != 0 && errno != ENODATA && errno != EOPNOTSUPP) return last_error();
    if (::fchmod(file, other_facts.st_mode & 07777U) != 0) return last_error();
    const std::string names = attribute_names(other);
    std::string space(names.empty() ? 0 : XATTR_SIZE_MAX, '\0');
    for (std::size_t at = 0; at < names.size();) {
        const std::string name = names.c_str() + at;
        at += name.size() + 1;
        const ssize_t size = ::fgetxattr(other, name.c_str(), space.data(), space.size());
        const bool copied =
            size >= 0 && ::fsetxattr(file, name.c_str(), space.data(), static_cast<std::size_t>(size), 0) == 0;
        if (!copied && name == access_list) return last_error();
    }
    return {};
}

/// One replacement, in a folder that is locked.
struct replacement {
    const fs::path& file;  // as the user knows it
    const std::string name;
    const config_text& expected;
    const std::string_view text;
    const int folder;

    result<replaced> create() const;
    result<replaced> replace() const;

    result<opened_config> read() const;
    disk_result<temporary_file> write_beside() const;
    std::optional<problem> refusal(const opened_config&) const;
    result<replaced> exchange_with(temporary_file&, const struct stat& before) const;
    result<replaced> rename_over(const temporary_file&, const struct stat& before) const;
    result<replaced> put_back(temporary_file&, const struct stat& ours) const;
    disk_result<void> exchange_names(const temporary_file&) const;
    std::optional<struct stat> facts_of(const std::string& of) const;
};

std::optional<struct stat> replacement::facts_of(const std::string& of) const {
    struct stat facts{};
    if (::fstatat(folder, of.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return facts;
}

result<opened_config> replacement::read() const {
    auto opened = open_config(folder, name, file, expected.exists);
    if (!opened) return problem(opened.error().headline(), opened.error().hint);
    if (opened->being_written) {
        return problem(fmt::format("cannot write {}: another program has it open for writing", file.string()),
                       "close it there, and try again; nothing was changed");
    }
    return std::move(*opened);
}

disk_result<temporary_file> replacement::write_beside() const {
    return temporary_file::write(folder, fmt::format(".{}.operatord-new", name), text);
}

/// rename(2) does not mind whether a file may be written to: we do.
std::optional<problem> replacement::refusal(const opened_config& before) const {
    if ((before.facts.st_mode & S_IWUSR) == 0) {
        return problem(fmt::format("cannot write {}: it is read-only", file.string()),
                       fmt::format("make it writable: chmod u+w {}; nothing was changed", file.string()));
    }
    if (::faccessat(folder, name.c_str(), W_OK, AT_EACCESS) != 0) return cannot_write(file, last_error());
    return std::nullopt;
}

result<replaced> replacement::create() const {
    const auto before = read();
    if (!before) return before.error();
    if (before->content.exists) return replaced::changed_meanwhile;
    auto made = write_beside();
    if (!made) return cannot_write(file, made.error());
    if (const auto synced = sync(made->descriptor()); !synced) return cannot_write(file, synced.error());
    struct stat ours{};
    ::fstat(made->descriptor(), &ours);
    const auto published = made->publish(name);
    if (!published) return cannot_write(file, published.error());
    if (!*published) return replaced::changed_meanwhile;
    if (const auto synced = sync(folder); !synced) {
        const auto now = facts_of(name);
        if (now && same_inode(*now, ours)) ::unlinkat(folder, name.c_str(), 0);
        return cannot_write(file, synced.error());
    }
    return replaced::done;
}

result<replaced> replacement::replace() const {
    auto before = read();
    if (!before) return before.error();
    if (before->content != expected) return replaced::changed_meanwhile;
    if (const auto refused = refusal(*before)) return *refused;
    // Writing takes its time, in which nobody needs to wait.
    before->lease = {};
    auto made = write_beside();
    if (!made) return cannot_write(file, made.error());
    if (const auto taken = take_over_owner(made->descriptor(), before->facts); !taken) {
        return problem(
            fmt::format("cannot write {}: its owner cannot be kept: {}", file.string(), words(taken.error())),
            "give the file to the user and group of operatord (chown); nothing was changed");
    }
    const auto taken = take_over_permissions(made->descriptor(), before->handle.get(), before->facts);
    if (!taken) return cannot_write(file, taken.error());
    if (const auto synced = sync(made->descriptor()); !synced) return cannot_write(file, synced.error());
    return exchange_with(*made, before->facts);
}

disk_result<void> replacement::exchange_names(const temporary_file& made) const {
    if (::renameat2(folder, made.name().c_str(), folder, name.c_str(), RENAME_EXCHANGE) != 0) return last_error();
    return {};
}

/// Nothing keeps others from renaming a file of theirs over the target, even in the very last moment. So the names are
/// exchanged; what comes out under our name is what was really replaced, and it can still be put back.
result<replaced> replacement::exchange_with(temporary_file& made, const struct stat& before) const {
    struct stat ours{};
    ::fstat(made.descriptor(), &ours);
    const auto held = read();
    if (!held) return held.error();
    if (held->content != expected || !same_file(held->facts, before) || held->lease.wanted())
        return replaced::changed_meanwhile;
    if (const auto exchanged = exchange_names(made); !exchanged) {
        if (is_unsupported(exchanged.error())) return rename_over(made, before);
        if (exchanged.error() == std::errc::no_such_file_or_directory) return replaced::changed_meanwhile;
        return cannot_write(file, exchanged.error());
    }
    const auto came_out = facts_of(made.name());
    if (!came_out || !same_file(*came_out, before) || held->lease.wanted()) return put_back(made, ours);
    const auto replaced_text = read_whole(held->handle.get(), max_config_bytes);
    if (!replaced_text || *replaced_text != expected.text) return put_back(made, ours);
    if (const auto synced = sync(folder); !synced) {
        const auto undone = put_back(made, ours);
        return undone ? cannot_write(file, synced.error()) : undone.error();
    }
    // Somebody may have opened the old file by its name just before the exchange, and waits for the lease.
    if (held->lease.wanted()) return put_back(made, ours);
    return replaced::done;
}

/// For file systems that cannot exchange names.
result<replaced> replacement::rename_over(const temporary_file& made, const struct stat& before) const {
    const auto now = facts_of(name);
    if (!now || !same_file(*now, before)) return replaced::changed_meanwhile;
    if (::renameat(folder, made.name().c_str(), folder, name.c_str()) != 0) return cannot_write(file, last_error());
    if (const auto synced = sync(folder); !synced) {
        return problem(fmt::format("{} was written, but may be lost if the machine fails now: {}", file.string(),
                                   words(synced.error())),
                       "check the disk");
    }
    return replaced::done;
}

/// Undoes an exchange. What others have renamed over our file since then is newer than what we put back: it stays.
result<replaced> replacement::put_back(temporary_file& made, const struct stat& ours) const {
    struct stat last_put = ours;
    for (int exchanges = 0; exchanges != most_exchanges; ++exchanges) {
        const auto next_put = facts_of(made.name());
        const auto exchanged = exchange_names(made);
        // The target is gone: somebody has deleted it after all that was written into it.
        if (!exchanged && exchanged.error() == std::errc::no_such_file_or_directory) break;
        const auto came_out = facts_of(made.name());
        if (!exchanged || !next_put || !came_out) {
            made.keep();
            return problem(fmt::format("{} was changed by another program at the same moment, and its text could not "
                                       "be put back",
                                       file.string()),
                           fmt::format("it is in {} now, in the same folder: move it back", made.name()));
        }
        if (same_inode(*came_out, last_put)) break;
        last_put = *next_put;
    }
    static_cast<void>(sync(folder));
    return replaced::changed_meanwhile;
}

}  // namespace

result<replaced> replace_config_file(const fs::path& file, const config_text& expected, std::string_view text) {
    const auto target = follow_links(file);
    if (!target) return cannot_write(file, target.error());
    const fs::path folder = target->has_parent_path() ? target->parent_path() : fs::path(".");
    if (!expected.exists) {
        if (const auto made = make_folders(folder); !made) return cannot_write(folder, made.error());
    }
    const auto locked = lock_folder(folder);
    if (!locked) {
        if (expected.exists && locked.error() == std::errc::no_such_file_or_directory)
            return replaced::changed_meanwhile;
        return cannot_write(file, locked.error());
    }
    // Waiting for the lock takes time, in which a link may have been turned elsewhere.
    const auto now = follow_links(file);
    struct stat open{};
    struct stat named{};
    if (!now || *now != *target || ::fstat(locked->get(), &open) != 0 || ::stat(folder.c_str(), &named) != 0 ||
        !same_inode(open, named))
        return replaced::changed_meanwhile;
    const replacement job{file, target->filename(), expected, text, locked->get()};
    return expected.exists ? job.replace() : job.create();
}

}  // namespace opd
