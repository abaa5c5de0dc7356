#pragma once

#include "config/base/disk.hpp"
#include "config/base/secret.hpp"

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace opd {

struct write_options {
    mode_t mode = 0600;    ///< exactly, whatever the umask
    bool replace = false;  ///< false: a file that is there already is a failure. What is no regular file (a folder, a
                           ///< pipe, a device, a link) always is
};

/// Puts a file in its place in one step: it is never there in part.
result<void> write_file(const std::filesystem::path&, std::string_view text, write_options);

/// All that is in a file, as read_whole() has it. A pipe does not hold it up.
disk_result<std::string> read_file(const std::filesystem::path&, std::size_t most);

/// The token for an operatord on another machine: a file of one line.
result<secret> read_token(const std::string& file);

}  // namespace opd
