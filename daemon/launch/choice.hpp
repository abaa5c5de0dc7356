#pragma once

#include "config/base/refusal.hpp"
#include "config/base/result.hpp"
#include "config/config.hpp"
#include "config/model/base_url.hpp"
#include "config/model/llm_tools.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace opd::launch {

/// How an agent reaches its server.
enum class way : std::uint8_t {
    direct,  ///< it talks to the server itself
    bridge,  ///< it talks to operatord, which translates
};

std::string_view to_string(way);

/// What a client wants to launch: a delegator, or a tool with a model (and a server), or neither: the default.
struct launch_request {
    std::optional<std::string> delegator;
    std::optional<std::string> llm_tool;
    std::optional<std::string> model;
    std::optional<std::string> model_server;
    std::optional<std::string> prompt;  ///< the first one of the session
    std::optional<std::string> resume;  ///< go on with this session of the tool's; "last": the last one
    bool managed = false;               ///< an administrator has settings for gemini, which stay in force
    bool force = false;                 ///< even if the server is down
    std::optional<way> via;             ///< nullopt: as the server has it, else the better one
};

/// Why nothing can be launched: `invalid` (the request is wrong), `not_found` (a name that nobody has), or `conflict`
/// (what is there cannot be launched).
template <class T>
using launchable = result<T, change_refusal>;

/// The members of a request's body, checked each for itself.
launchable<launch_request> decode_launch_request(const boost::json::object&);

/// Who is launched, on what. It owns all it names.
struct launch_choice {
    const llm_tool* tool = nullptr;  ///< never null
    std::string model;
    model_server server;
    api_root root;                ///< where the server is
    std::optional<delegator> by;  ///< nullopt: tool and model were named
    way via = way::direct;

    /// The agent is pointed at the server. A builtin is the vendor's own way, and nothing of it is touched: named or
    /// not, the vendor's login works as it does without us.
    bool on_server() const { return server.user_declared; }

    /// The server is the one of the tool's own vendor, with all the services that the tool expects of it.
    bool at_vendor() const { return vendor_of(root) == find_kind(tool->implicit_server); }
};

/// What is asked for. The default is the only delegator; of several the one for the default tool (those with the
/// default model come first, and of equals the last declared); without any for it, the default tool and model.
/// Delegators that are only there to be exported are never the default. A tool that does not speak the server's
/// protocol goes through the bridge, where that can translate; else it is refused.
launchable<launch_choice> choose_launch(const config&, const launch_request&);

/// What a delegator wants of the agent besides the model, whatever the tool.
struct launch_settings {
    bool yolo = false;  ///< no questions: everything is allowed
    std::optional<std::string> permission_mode;
    std::optional<std::string> reasoning_effort;
    std::vector<std::string> flags;
    std::optional<std::string> prompt;  ///< between the delegator's prefix and suffix
    std::optional<std::string> resume;  ///< as in launch_request
    std::vector<std::string> warnings;  ///< what is configured, but not for us
};

/// The settings of the delegator, if there is one. A value of the wrong type is refused: the agent must not run with
/// other permissions than were meant.
launchable<launch_settings> read_settings(const launch_choice&, const launch_request&);

}  // namespace opd::launch
