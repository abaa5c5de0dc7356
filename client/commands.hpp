#pragma once

#include "client/command.hpp"
#include "client/connection.hpp"

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace opd {

/// What a command works with: the one way to the daemon, and how to show what it says.
struct command_context {
    /// Sends all requests, with one limit for them together; one reply for each, in their order.
    std::function<std::vector<daemon_reply>(std::span<const daemon_request>, std::chrono::milliseconds limit)> ask;
    std::string address;                   ///< of the daemon, as messages name it
    std::vector<std::string> environment;  ///< `NAME=VALUE`, of who called operatorctl
    bool json = false;                     ///< answer with a JSON document
    bool colour = false;
    std::chrono::system_clock::time_point now;
    std::string program = {};        ///< the path of this operatorctl; the operatord that belongs to it is beside it
    std::string socket_path = {};    ///< of the daemon; empty: it is asked over TCP
    bool named_by_the_user = false;  ///< the daemon is the one of --url or --socket, and perhaps not the service
};

/// Runs one command. A server that is named and not reachable is shown, and the exit code is 1.
outcome run_command(const command::any&, const command_context&);

}  // namespace opd
