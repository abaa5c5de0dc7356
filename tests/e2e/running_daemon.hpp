#pragma once

#include "tests/support/http_client.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::test {

/// The real operatord, on a free port and a socket of its own, with a fresh home and only the environment it is given.
class running_daemon {
public:
    explicit running_daemon(std::string_view operator_toml, process::environment extra = {},
                            std::vector<std::string> listen = {"--listen", "127.0.0.1:0"},
                            std::string program = "operatord");

    /// The same on a configuration that is elsewhere, or not there yet.
    static running_daemon on_file(std::filesystem::path config_file) { return {elsewhere{std::move(config_file)}}; }

    /// Starts it again, after the program has ended. The port is another one.
    void start();

    std::uint16_t port() const { return port_; }

    std::filesystem::path socket() const { return folder_.path() / "run" / "operatord.sock"; }

    const std::filesystem::path& config_file() const { return config_file_; }

    /// The home of its user.
    const std::filesystem::path& home() const { return folder_.path(); }

    process& program() { return *process_; }

    http_client tcp() const { return http_client::over_tcp("127.0.0.1", port_); }

    http_client local() const { return http_client::over_unix_socket(socket()); }

    /// GET below /api/v1 over TCP; throws unless the answer is a 200 with JSON.
    boost::json::value get(std::string_view path) const;
    /// Asks until the server's probe has this status, and returns its ModelServerResponse; throws if it takes longer
    /// than 20 s.
    boost::json::value wait_for_status(std::string_view server, std::string_view status) const;

private:
    struct elsewhere {
        std::filesystem::path file;
    };

    running_daemon(elsewhere config_file);

    temp_folder folder_;
    std::filesystem::path config_file_ = folder_.path() / "operator.toml";
    process::environment environment_{{"HOME", folder_.path()}, {"XDG_RUNTIME_DIR", folder_.path()}};
    std::vector<std::string> listen_{"--listen", "127.0.0.1:0"};
    std::string program_ = "operatord";
    std::optional<process> process_;
    std::uint16_t port_ = 0;
};

/// The command line of one of our programs.
std::string program_path(std::string_view name);

}  // namespace opd::test
