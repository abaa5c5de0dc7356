#pragma once

#include "config/result.hpp"
#include "config/secret.hpp"
#include "daemon/keys/key_text.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace opd {

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

/// What a source has under a name: a key, none, or something that cannot be used as one, and why.
using sought_key = result<std::optional<secret>>;

/// The daemon's own environment. One that is empty is none.
sought_key key_from_environment(std::string_view name, const key_limits&);

/// The file of that name in the folder of systemd's credentials (systemd.exec(5), $CREDENTIALS_DIRECTORY). An empty one
/// is none.
sought_key key_from_credentials(const std::filesystem::path& folder, std::string_view name, const key_limits&);

}  // namespace opd
