#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "daemon/keys/key_source.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

namespace opd::keys {

/// A line that was passed over. The message never holds any of it that could be a key.
struct key_line_fault {
    std::size_t line = 0;  ///< from 1
    std::string message;

    bool operator==(const key_line_fault&) const = default;
};

/// What keys.env says.
struct keys_text {
    key_map keys;
    std::vector<key_line_fault> faults;  ///< in the order of lines; of very many the first
};

/// Reads the text of keys.env: `NAME=value` lines, comments (`#`, `;`) on lines of their own, quotes and backslashes as
/// in EnvironmentFile= of systemd.exec(5), and `export ` before a name, so that a shell can read it, too. A name that
/// comes again overrides; an empty value is none. Stricter than systemd: a line that is no assignment is a fault, a
/// quote ends on its line, and `#` behind a blank, which only a shell takes for a comment, stands in quotes.
keys_text parse_keys(std::string_view text, const key_limits&);

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

/// Reads keys.env. One that is not there holds no keys; one that is not its user's alone is refused as a whole.
result<keys_text> read_keys_file(const std::filesystem::path&, uid_t user, const key_limits&);

/// The file of that name in the folder of systemd's credentials (systemd.exec(5), $CREDENTIALS_DIRECTORY). An empty one
/// is none.
sought_key key_from_credentials(const std::filesystem::path& folder, std::string_view name, const key_limits&);

/// What the files in the places held when they were read.
struct keys_on_disk {
    using credential_map = std::map<std::string, sought_key, std::less<>>;

    result<keys_text> file = keys_text();  ///< keys.env
    /// Those that have the name of a key. nullopt: the folder cannot be read, so what it holds is not known.
    std::optional<credential_map> credentials = credential_map();
    std::string credentials_fault;  ///< of the folder as a whole; empty: none
};

/// Reads all the files, and blocks for that long. Each is read as of its own time.
keys_on_disk read_keys(const key_places&);

}  // namespace opd::keys
