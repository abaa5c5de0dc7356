#pragma once

#include "config/base/result.hpp"
#include "config/config.hpp"
#include "daemon/listen/options.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <spdlog/fwd.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace opd::listen {

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

}  // namespace opd::listen
