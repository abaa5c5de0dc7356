#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace opd::keys {

/// How much is taken of keys.
struct key_limits {
    std::size_t key_bytes = std::size_t{16} * 1024;
    std::size_t file_bytes = std::size_t{256} * 1024;  ///< of keys.env
    std::size_t pushed_keys = 256;
    std::size_t credentials = 1000;
};

/// Why a text cannot be used as a key.
enum class key_fault : std::uint8_t { empty, too_long, control };

/// The text as a key. Blanks and line ends around it are dropped: `KEY=$(cat file)` and its kin leave them. One with
/// control characters inside could not be sent in a header, or would end it early.
result<secret, key_fault> read_key(std::string_view text, const key_limits&);

/// What is wrong, to follow the name of the key: `is empty`.
std::string words(key_fault, const key_limits&);

/// Where keys are found, in the order in which they are looked for.
enum class key_source : std::uint8_t { pushed, credentials, keys_file, environment };

/// `pushed`, `credentials`, `keys.env`, `environment`
std::string_view to_string(key_source);

/// Where keys are looked for besides the environment. nullopt: there is no such place.
struct key_places {
    std::optional<std::filesystem::path> credentials;  ///< a folder
    std::optional<std::filesystem::path> keys_file;
    key_limits limits;
};

/// Keys by their names.
using key_map = std::map<std::string, secret, std::less<>>;

/// The value of the key of that name; nullopt: it is not to be found.
using find_key = std::function<std::optional<secret>(std::string_view name)>;

/// What a source has under a name: a key, none, or something that cannot be used as one, and why.
using sought_key = result<std::optional<secret>>;

/// The daemon's own environment. One that is empty is none.
sought_key key_from_environment(std::string_view name, const key_limits&);

}  // namespace opd::keys
