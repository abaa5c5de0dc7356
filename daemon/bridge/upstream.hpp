#pragma once

#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"
#include "daemon/bridge/route.hpp"
#include "daemon/bridge/wire/chat_request.hpp"
#include "daemon/state/server_state.hpp"
#include "probes/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace opd::bridge {

/// The server speaks what the agent speaks: nothing is translated.
bool speaks_the_same(const kind&, surface, operation);

/// The server can be asked for a chat.
bool speaks_chat(const kind&);

/// Where chats are completed: path and query.
std::string chat_target(const kind&, const api_root&);

/// Where the same protocol is spoken: `tail` is what the agent asks below the bridge's base URL, with its query.
std::string same_target(surface, const api_root&, std::string_view tail);

/// The same for a request that is passed on, from its own target; without `?key=`, since a key never stands in a URL.
/// Gemini's path names the model.
std::string target_to_pass_on(const bridge_route&, const state::server_state&, std::string_view asked,
                              const std::string& model);

/// `%41` is `A`; what is no such code stays.
std::string percent_decoded(std::string_view);

/// What a body that is passed on says of itself.
struct body_summary {
    std::string model;
    std::size_t at = 0, size = 0;  ///< of the model's name as it stands in the body, between the quotes
    bool stream = false;           ///< the answer is to be one
};

/// nullopt: it is no JSON, or names no model.
std::optional<body_summary> look_into(std::string body);

credential credential_of(const kind&);

/// The server as far as a Chat request depends on it, with what it lists of the model. The views live as long as the
/// arguments.
chat_server chat_server_of(const state::server_state&, std::string_view model, std::string_view maker);

/// The model to ask for: what the agent names if the server lists it, else what its launch has named, if anything.
std::string model_to_ask(const state::server_state&, const std::string& named, const std::string& launched);

}  // namespace opd::bridge
