#pragma once

#include "config/base/disk.hpp"

#include <sys/stat.h>

namespace opd {

/// Gives an open file the owner and the group of another one.
disk_result<void> take_over_owner(int file, const struct stat& other);

/// Gives an open file the mode, the access control list and the other extended attributes of another one. What is
/// neither mode nor access control list is left out where it cannot be written.
disk_result<void> take_over_permissions(int file, int other, const struct stat& other_facts);

}  // namespace opd
