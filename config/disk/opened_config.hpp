#pragma once

#include "config/base/diagnostic.hpp"
#include "config/base/file_handle.hpp"
#include "config/base/result.hpp"
#include "config/disk/config_file.hpp"
#include "config/disk/read_lease.hpp"

#include <filesystem>

#include <sys/stat.h>

namespace opd {

/// A configuration file, open, and what it holds.
struct opened_config {
    file_handle handle;  ///< none: there is no such file
    read_lease lease;    ///< as long as it is held, the text stays as it is
    struct stat facts{};
    config_text content;
    bool being_written = false;  ///< to the end of our patience: `content` may be half of what it is to be
};

/// Reads a file as read_config_file does, and keeps it open. `name` counts from the open `folder` (AT_FDCWD: from the
/// current one); `shown` is its name in messages; `was_there`: a missing file is given a moment to appear.
result<opened_config, diagnostic> open_config(int folder, const std::filesystem::path& name,
                                              const std::filesystem::path& shown, bool was_there);

}  // namespace opd
