#include "config/base/paths.hpp"

#include <cstdlib>

namespace opd {
namespace {

std::optional<std::filesystem::path> absolute_path(const env_lookup& env, const char* name) {
    const auto value = env(name);
    if (!value || !value->starts_with('/')) return std::nullopt;
    return std::filesystem::path(*value);
}

}  // namespace

std::optional<std::string> own_variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

result<std::filesystem::path> default_config_file(const env_lookup& env) {
    const auto tail = std::filesystem::path("operator") / "operator.toml";
    if (const auto folder = absolute_path(env, "XDG_CONFIG_HOME")) return *folder / tail;
    if (const auto home = absolute_path(env, "HOME")) return *home / ".config" / tail;
    return problem{"neither XDG_CONFIG_HOME nor HOME is set to an absolute path",
                   "set HOME, or name the file with --config FILE"};
}

result<std::filesystem::path> default_keys_file(const env_lookup& env) {
    auto file = default_config_file(env);
    if (file) file->replace_filename("keys.env");
    return file;
}

std::optional<std::filesystem::path> credentials_folder(const env_lookup& env) {
    return absolute_path(env, "CREDENTIALS_DIRECTORY");
}

result<std::filesystem::path> default_state_folder(const env_lookup& env) {
    if (const auto folder = absolute_path(env, "XDG_STATE_HOME")) return *folder / "operator";
    if (const auto home = absolute_path(env, "HOME")) return *home / ".local" / "state" / "operator";
    return problem{"neither XDG_STATE_HOME nor HOME is set to an absolute path", "set HOME"};
}

result<std::filesystem::path> default_socket(const env_lookup& env) {
    if (const auto folder = absolute_path(env, "XDG_RUNTIME_DIR")) return *folder / "operator" / "operatord.sock";
    return problem{"XDG_RUNTIME_DIR is not set to an absolute path",
                   "log in through systemd, or name the socket with --socket PATH"};
}

std::string expand_home(std::string_view path, std::string_view home) {
    if (!path.starts_with("~/")) return std::string(path);
    return std::string(home).append(path.substr(1));
}

}  // namespace opd
