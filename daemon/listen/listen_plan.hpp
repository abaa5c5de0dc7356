#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "config/config.hpp"
#include "daemon/listen/bind.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <spdlog/fwd.h>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace opd::listen {

/// operatord's command line.
struct daemon_options {
    std::optional<std::string> config_file;  ///< nullopt: the default place
    std::vector<std::string> listen;         ///< HOST:PORT, or `none`; empty: from the configuration
    std::optional<std::string> socket;       ///< a path, or `none`; nullopt: the default place
    bool check_config = false;
    bool json = false;  ///< what check_config finds, for programs
    std::string log_level = "info";
};

/// Reads the command line. An int is the exit code of a program that has nothing more to do: --help, --version, or a
/// wrong usage (64), whose texts have been printed.
struct parsed_options {
    daemon_options options;
    std::optional<int> exit_code;
};

parsed_options parse_options(int argc, const char* const* argv);

/// Where the daemon serves.
struct listen_plan {
    struct address {
        boost::asio::ip::tcp::endpoint endpoint;
        bool same_port_as_first = false;  ///< the other loopback family: it takes the port that the first address got
        std::optional<int> inherited{};   ///< the descriptor of a socket that listens there already
    };

    std::vector<address> tcp;
    std::optional<std::string> socket;
    bool socket_in_own_folder = false;   ///< it is in the default place, whose folder is for it alone
    std::vector<int> inherited_sockets;  ///< descriptors of unix sockets that listen already
};

/// The command line, else the configuration. `default_socket` is nullopt where there is no runtime folder. A problem is
/// a wrong usage.
result<listen_plan> plan_listening(const daemon_options&, const config&, std::optional<std::string> default_socket);

/// The sockets that systemd has handed to this process, as a plan of where to serve: on them alone, whatever the
/// command line and the configuration say. nullopt: there are none. A problem is one in a unit. Asked a second time,
/// the system knows of none.
result<std::optional<listen_plan>> plan_inherited(const daemon_options&, const config&, spdlog::logger&);

/// What the user has asked for in vain, in words; `inherited` are the addresses that are served on.
std::vector<std::string> doubts_about_inherited(const listen_plan& inherited, const daemon_options&, const config&);

/// The token that clients on other machines must carry.
struct access_token {
    secret value;
    bool is_new = false;  ///< it has been made just now
};

/// Reads the token, or makes one of 256 random bits in a file of mode 0600. A file that others may read, that belongs
/// to somebody else or that is a link is refused. The exit code is 77 where somebody else may know or change the token,
/// or it cannot be read or made; 78 where the file holds something else.
result<access_token, listen_error> read_or_make_token(const std::filesystem::path& file);

/// The token that requests from other machines must carry, from `token` in the state folder; nullopt: they cannot reach
/// us anyway. The log is told what that means and where the token is, never the token itself.
result<std::optional<secret>, listen_error> token_for_other_machines(
    const listen_plan&, const std::optional<std::filesystem::path>& state_folder, spdlog::logger&);

}  // namespace opd::listen
