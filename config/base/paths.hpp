#pragma once

#include "config/base/result.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace opd {

/// The value of an environment variable; nullopt where it is not set.
using env_lookup = std::function<std::optional<std::string>(const char* name)>;

/// A variable of this process.
std::optional<std::string> own_variable(const char* name);

/// `$XDG_CONFIG_HOME/operator/operator.toml`; where that variable is not set, or not an absolute path (which the XDG
/// Base Directory Specification says to ignore), `$HOME/.config/operator/operator.toml`.
result<std::filesystem::path> default_config_file(const env_lookup&);

/// `keys.env` in the folder of default_config_file().
result<std::filesystem::path> default_keys_file(const env_lookup&);

/// `$CREDENTIALS_DIRECTORY`, where systemd puts the credentials of a service (systemd.exec(5)); nullopt: there are
/// none.
std::optional<std::filesystem::path> credentials_folder(const env_lookup&);

/// `$XDG_STATE_HOME/operator`, else `$HOME/.local/state/operator`; the same rule.
result<std::filesystem::path> default_state_folder(const env_lookup&);

/// `$XDG_RUNTIME_DIR/operator/operatord.sock`
result<std::filesystem::path> default_socket(const env_lookup&);

/// A path that starts with `~/` as one in this home; any other as it is.
std::string expand_home(std::string_view path, std::string_view home);

}  // namespace opd
