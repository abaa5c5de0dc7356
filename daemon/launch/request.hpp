#pragma once

#include "config/base/refusal.hpp"
#include "config/base/result.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace opd::launch {

/// What a client wants to launch: a delegator, or a tool with a model (and a server), or neither: the default.
struct launch_request {
    std::optional<std::string> delegator;
    std::optional<std::string> llm_tool;
    std::optional<std::string> model;
    std::optional<std::string> model_server;
    std::optional<std::string> prompt;  ///< the first one of the session
    bool force = false;                 ///< even if the server is down
};

/// Why nothing can be launched: `invalid` (the request is wrong), `not_found` (a name that nobody has), or `conflict`
/// (what is there cannot be launched).
template <class T>
using launchable = result<T, change_refusal>;

/// The members of a request's body, checked each for itself.
launchable<launch_request> decode_launch_request(const boost::json::object&);

}  // namespace opd::launch
