#include "config/base/paths.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace opd {
namespace {

env_lookup environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

std::string shown(const result<std::filesystem::path>& path) {
    return path ? path->string() : path.error().message + " | " + path.error().hint;
}

}  // namespace

TEST_CASE("the configuration is where the XDG specification says") {
    CHECK(shown(default_config_file(environment({{"XDG_CONFIG_HOME", "/x/conf"}, {"HOME", "/home/me"}}))) ==
          "/x/conf/operator/operator.toml");
    CHECK(shown(default_config_file(environment({{"HOME", "/home/me"}}))) == "/home/me/.config/operator/operator.toml");
    CHECK(shown(default_config_file(environment({{"XDG_CONFIG_HOME", ""}, {"HOME", "/home/me"}}))) ==
          "/home/me/.config/operator/operator.toml");
    CHECK(shown(default_config_file(environment({{"XDG_CONFIG_HOME", "conf"}, {"HOME", "/home/me"}}))) ==
          "/home/me/.config/operator/operator.toml");
}

TEST_CASE("without any folder there is no configuration path, and never one in the current directory") {
    const std::string problem =
        "neither XDG_CONFIG_HOME nor HOME is set to an absolute path | set HOME, or name the file with --config FILE";
    CHECK(shown(default_config_file(environment({}))) == problem);
    CHECK(shown(default_config_file(environment({{"HOME", "me"}}))) == problem);
    CHECK(shown(default_config_file(environment({{"HOME", ""}}))) == problem);
}

TEST_CASE("keys.env is in the user's folder of configurations, and credentials are where systemd says") {
    CHECK(shown(default_keys_file(environment({{"XDG_CONFIG_HOME", "/x/conf"}}))) == "/x/conf/operator/keys.env");
    CHECK(shown(default_keys_file(environment({{"HOME", "/home/me"}}))) == "/home/me/.config/operator/keys.env");
    CHECK_FALSE(default_keys_file(environment({})).has_value());
    CHECK(credentials_folder(environment({{"CREDENTIALS_DIRECTORY", "/run/c"}})) == std::filesystem::path("/run/c"));
    CHECK_FALSE(credentials_folder(environment({{"CREDENTIALS_DIRECTORY", "c"}})).has_value());
    CHECK_FALSE(credentials_folder(environment({})).has_value());
}

TEST_CASE("the socket is in the folder of the login session") {
    CHECK(shown(default_socket(environment({{"XDG_RUNTIME_DIR", "/run/user/7"}}))) ==
          "/run/user/7/operator/operatord.sock");
    const std::string problem =
        "XDG_RUNTIME_DIR is not set to an absolute path | log in through systemd, or name the socket with --socket "
        "PATH";
    CHECK(shown(default_socket(environment({}))) == problem);
    CHECK(shown(default_socket(environment({{"XDG_RUNTIME_DIR", "run"}}))) == problem);
}

TEST_CASE("what the daemon keeps for itself is in the folder of states") {
    CHECK(shown(default_state_folder(environment({{"XDG_STATE_HOME", "/x/state"}, {"HOME", "/home/me"}}))) ==
          "/x/state/operator");
    CHECK(shown(default_state_folder(environment({{"HOME", "/home/me"}}))) == "/home/me/.local/state/operator");
    CHECK(shown(default_state_folder(environment({{"XDG_STATE_HOME", "state"}, {"HOME", "/home/me"}}))) ==
          "/home/me/.local/state/operator");
    CHECK(shown(default_state_folder(environment({{"HOME", "me"}}))) ==
          "neither XDG_STATE_HOME nor HOME is set to an absolute path | set HOME");
}

TEST_CASE("only a path that starts with ~/ is one in the home") {
    CHECK(expand_home("~/ca.pem", "/home/me") == "/home/me/ca.pem");
    CHECK(expand_home("/etc/ca.pem", "/home/me") == "/etc/ca.pem");
    CHECK(expand_home("~you/ca.pem", "/home/me") == "~you/ca.pem");
    CHECK(expand_home("~", "/home/me") == "~");
}

}  // namespace opd
