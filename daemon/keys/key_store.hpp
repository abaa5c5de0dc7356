#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "daemon/keys/key_source.hpp"

#include <spdlog/fwd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
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

struct found_key {
    secret value;
    key_source source = key_source::pushed;
};

/// Where a key stands.
struct key_search {
    std::optional<found_key> found;
    std::string error;  ///< what prevents a key that should come before the one found; empty: nothing
};

/// The values of keys, by their names. What is pushed lives in memory only, and as long as this; what keys.env and the
/// credentials held is kept until they are read again; the environment is looked into each time.
class key_store {
public:
    /// Told after a change, in the same call: the names under which another value, or none, is found now.
    using changed = std::function<void(std::span<const std::string> names)>;

    /// Reads nothing. The log must outlive this.
    key_store(key_places, changed, spdlog::logger&);

    key_search find(std::string_view name) const;

    /// Takes a key, or another value for one, from the user. The name has been checked. False: too many are held
    /// already.
    bool push(const std::string& name, secret key);
    /// False: none of that name was pushed.
    bool forget(std::string_view name);

    /// What the files hold now. What is wrong with keys.env or the folder of credentials is logged when it is new;
    /// while that folder cannot be read, the credentials known before stay in force.
    void take_over(keys_on_disk);

    const key_places& places() const { return places_; }
    const key_limits& limits() const { return places_.limits; }
    const std::optional<std::filesystem::path>& keys_file() const { return places_.keys_file; }

    /// What is wrong with keys.env. Empty: nothing, or it is not there.
    const std::vector<std::string>& keys_file_errors() const { return errors_; }

    /// Of what was pushed and what keys.env holds, in alphabetical order.
    std::vector<std::string> names() const;

private:
    sought_key look_into(key_source, std::string_view name) const;
    std::vector<secret> values_of(std::span<const std::string> names) const;
    void tell_changes(std::span<const std::string> names, std::span<const secret> before);

    key_places places_;
    changed changed_;
    spdlog::logger& log_;
    key_map pushed_;
    key_map in_file_;
    keys_on_disk::credential_map credentials_;
    std::vector<std::string> errors_;
    std::string credentials_fault_;
};

}  // namespace opd::keys
