#pragma once

#include <optional>
#include <string_view>

#include <sys/types.h>

namespace opd {

/// The id under which the kernel shows every user who has none in this user namespace (user_namespaces(7)), so that it
/// says nothing about who it is; nullopt: every user has one. A service with PrivateUsers= knows its own user alone.
std::optional<uid_t> nameless_uid();

/// The same from the texts of /proc/self/uid_map and /proc/sys/kernel/overflowuid.
std::optional<uid_t> nameless_uid(std::string_view uid_map, std::string_view overflow_uid);

}  // namespace opd
