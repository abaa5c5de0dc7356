#pragma once

#include "config/base/diagnostic.hpp"
#include "config/base/file_handle.hpp"
#include "config/base/result.hpp"
#include "config/disk/config_file.hpp"

#include <filesystem>

#include <sys/stat.h>

namespace opd {

/// While it is held, nobody writes into a file: who has it open for writing prevents the lease, and who wants to open
/// it for writing waits until the lease is gone (fcntl(2), F_SETLEASE). Renaming is not prevented.
class read_lease {
public:
    read_lease() = default;
    /// The descriptor must be open for reading only, and outlive the lease.
    explicit read_lease(int descriptor);
    read_lease(read_lease&&) noexcept;
    read_lease& operator=(read_lease&&) noexcept;
    ~read_lease();

    bool held() const { return descriptor_ >= 0; }

    /// Not held, since somebody has the file open for writing. Where files have no leases, or the file belongs to
    /// another user, this cannot be told, and is false.
    bool refused() const { return refused_; }

    /// It is held, and somebody waits to open the file for writing.
    bool wanted() const;

private:
    int descriptor_ = -1;
    bool refused_ = false;
};

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
