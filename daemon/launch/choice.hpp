#pragma once

#include "config/config.hpp"
#include "config/model/base_url.hpp"
#include "config/model/llm_tools.hpp"
#include "daemon/launch/request.hpp"

#include <optional>
#include <string>
#include <vector>

namespace opd::launch {

/// Who is launched, on what. It owns all it names.
struct launch_choice {
    const llm_tool* tool = nullptr;  ///< never null
    std::string model;
    model_server server;
    api_root root;                ///< where the server is
    std::optional<delegator> by;  ///< nullopt: tool and model were named

    /// The agent is pointed at the server. A builtin is the vendor's own way, and nothing of it is touched: named or
    /// not, the vendor's login works as it does without us.
    bool on_server() const { return server.user_declared; }

    /// The server is the one of the tool's own vendor, with all the services that the tool expects of it.
    bool at_vendor() const { return vendor_of(root) == find_kind(tool->implicit_server); }
};

/// What is asked for. The default is the only delegator; of several the one for the default tool (those with the
/// default model come first, and of equals the last declared); without any for it, the default tool and model.
/// Delegators that are only there to be exported are never the default. A tool that does not speak the server's
/// protocol is refused.
launchable<launch_choice> choose_launch(const config&, const launch_request&);

/// What a delegator wants of the agent besides the model, whatever the tool.
struct launch_settings {
    bool yolo = false;  ///< no questions: everything is allowed
    std::optional<std::string> permission_mode;
    std::optional<std::string> reasoning_effort;
    std::vector<std::string> flags;
    std::optional<std::string> prompt;  ///< between the delegator's prefix and suffix
    std::vector<std::string> warnings;  ///< what is configured, but not for us
};

/// The settings of the delegator, if there is one. A value of the wrong type is refused: the agent must not run with
/// other permissions than were meant.
launchable<launch_settings> read_settings(const launch_choice&, const std::optional<std::string>& prompt);

}  // namespace opd::launch
