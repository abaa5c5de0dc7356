#pragma once

#include "config/result.hpp"
#include "config/secret.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>

#include <sys/stat.h>
#include <sys/types.h>

namespace opd {

/// A file of secrets, and what fstat(2) said of the very file that was read.
struct secret_file {
    secret text;
    struct stat facts{};
};

/// Reads a whole file of at most `most` bytes; the text is nowhere else in memory. nullopt: there is no such file. The
/// error names the file.
result<std::optional<secret_file>> read_secret_file(const std::filesystem::path&, std::size_t most);

/// Whether a file of secrets is its user's alone: it is theirs, and others can do nothing with it. `facts` are those of
/// the open file, so that nobody can put another into its place in between.
result<void> check_private(const std::filesystem::path&, const struct stat& facts, uid_t user);

}  // namespace opd
