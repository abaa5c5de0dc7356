#pragma once

#include "config/base/diagnostic.hpp"
#include "config/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace opd {

// The one file that holds the configuration. All of these block.

/// The bytes of a configuration file. A missing file is empty, and `exists` is false.
struct config_text {
    std::string text;
    bool exists = false;

    bool operator==(const config_text&) const = default;
};

/// Reads the file; symbolic links are followed. A program that is writing into it right now is given a moment to end,
/// so that half a text is not seen. `was_there`: it has been seen before; editors that move it away and write it anew
/// are given a moment, too. A folder, an unreadable or a huge file is an error.
result<config_text, diagnostic> read_config_file(const std::filesystem::path&, bool was_there = false);

/// What became of a replacement.
enum class replaced : std::uint8_t {
    done,               ///< on disk, and safe there
    changed_meanwhile,  ///< the file is not what was `expected`: read it again; nothing was written
};

/// Replaces the file's text at once and durably: a reader, or a machine after a crash, sees the old or the new text,
/// never a mixture. Mode, owner and extended attributes are kept; a symbolic link is followed, not replaced; a missing
/// file (mode 0600) and its folder (0700) are made. What another program has written since `expected` was read is
/// never overwritten. A problem: a full disk, a read-only file, one that another program keeps open for writing ...;
/// then the old text is in place.
result<replaced> replace_config_file(const std::filesystem::path&, const config_text& expected, std::string_view text);

/// Keeps a copy of a text below `state_folder`, one a day and file, the newest 30 of them; does nothing if there is one
/// of `day` (`2026-11-22`) already. Answers where it is.
result<std::filesystem::path> back_up_config(const std::filesystem::path& state_folder,
                                             const std::filesystem::path& file, std::string_view day,
                                             std::string_view text);

}  // namespace opd
