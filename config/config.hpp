#pragma once

#include "config/base/diagnostic.hpp"
#include "config/base/result.hpp"
#include "config/model/llm_tools.hpp"
#include "config/model/model_server.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

class source_text;
struct toml_memory;
struct toml_node;

/// operator.toml as values; the members' initialisers are the documented defaults.
struct config {
    struct {
        std::string host = "127.0.0.1";  ///< `127.0.0.1` means both loopback families
        std::uint16_t port = 7008;
        std::vector<std::string> cors_origins;
    } rest_api;

    struct {
        std::chrono::milliseconds interval{std::chrono::seconds(30)};
        std::chrono::milliseconds cloud_interval{std::chrono::minutes(5)};
        std::chrono::milliseconds timeout{std::chrono::seconds(5)};
        unsigned concurrency = 64;
        std::string proxy = "env";  ///< may hold a login
    } probes;

    struct {
        bool push_on_launch = false;
    } keys;

    struct defaults {
        std::string default_tool;
        std::string default_model;
        bool operator==(const defaults&) const = default;
    } llm_tools;

    std::vector<model_server> model_servers;  ///< the declared ones, in file order
    std::vector<delegator> delegators;        ///< in file order
};

/// A configuration and what is odd about it, in file order.
struct loaded_config {
    config values;
    std::vector<diagnostic> warnings;
};

/// The largest operator.toml that is read.
inline constexpr std::size_t max_config_bytes = std::size_t{1} << 20;

/// Reads the text of a configuration; `file` is its name in diagnostics only. The first error ends the reading.
result<loaded_config, diagnostic> parse_config(std::string_view text, const std::string& file);
result<loaded_config, diagnostic> parse_config(std::string_view text, const std::string& file, toml_memory&);
/// The same, of a text that is parsed already; its size is not looked at.
result<loaded_config, diagnostic> read_config(const source_text&, const toml_node& root);

/// The names that a delegator may name: of the declared servers and the builtins. Views into the configuration.
std::vector<std::string_view> server_names(const config&);

/// Declared servers first, in file order, then the builtins in the order of the kinds table.
std::vector<model_server> all_servers(const config&);

}  // namespace opd
