#include "config/disk/file_attributes.hpp"

#include <cerrno>
#include <string>
#include <string_view>

#include <sys/xattr.h>
#include <unistd.h>

namespace opd {
namespace {

constexpr const char* access_list = "system.posix_acl_access";

/// The names, each with a NUL behind it; empty where the file system has no attributes.
std::string attribute_names(int file) {
    std::string names(XATTR_LIST_MAX, '\0');
    const ssize_t size = ::flistxattr(file, names.data(), names.size());
    names.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return names;
}

disk_result<void> copy_attribute(int from, int into, const std::string& name, std::string& space) {
    const ssize_t size = ::fgetxattr(from, name.c_str(), space.data(), space.size());
    if (size < 0) return last_error();
    if (::fsetxattr(into, name.c_str(), space.data(), static_cast<std::size_t>(size), 0) != 0) return last_error();
    return {};
}

}  // namespace

disk_result<void> take_over_owner(int file, const struct stat& other) {
    struct stat own{};
    if (::fstat(file, &own) != 0) return last_error();
    if (own.st_uid == other.st_uid && own.st_gid == other.st_gid) return {};
    if (::fchown(file, other.st_uid, other.st_gid) != 0) return last_error();
    return {};
}

disk_result<void> take_over_permissions(int file, int other, const struct stat& other_facts) {
    // The folder may have given the new file a list that lets more people in.
    if (::fremovexattr(file, access_list) != 0 && errno != ENODATA && errno != EOPNOTSUPP) return last_error();
    if (::fchmod(file, other_facts.st_mode & 07777U) != 0) return last_error();
    const std::string names = attribute_names(other);
    std::string space(names.empty() ? 0 : XATTR_SIZE_MAX, '\0');
    for (std::size_t at = 0; at < names.size();) {
        const std::string name = names.c_str() + at;
        at += name.size() + 1;
        const auto copied = copy_attribute(other, file, name, space);
        if (!copied && name == access_list) return copied.error();
    }
    return {};
}

}  // namespace opd
