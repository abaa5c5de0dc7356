#pragma once

#include "config/result.hpp"
#include "daemon/keys/keys_text.hpp"

#include <filesystem>

#include <sys/types.h>

namespace opd {

/// Reads keys.env. One that is not there holds no keys; one that is not its user's alone is refused as a whole.
result<keys_text> read_keys_file(const std::filesystem::path&, uid_t user, const key_limits&);

}  // namespace opd
