#pragma once

#include "daemon/bridge/wire/delta.hpp"
#include "daemon/state/server_state.hpp"
#include "probes/http/message.hpp"
#include "probes/key_pieces.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace opd::bridge {

/// To get through to a server.
constexpr std::chrono::seconds most_connecting{10};
/// A server of the internet says nothing for so long; one in the neighbourhood may think for as long as it likes.
constexpr std::chrono::minutes most_silence{10};

/// The server could not be asked, or the connection broke.
fault fault_of(const state::server_state&, const failure&, std::string_view key_env, const key_pieces&);

/// The server has answered with an error; the body is what has come of it.
fault fault_of(const state::server_state&, const http_head&, std::string_view body, const key_pieces&);

/// The server has answered in an encoding that it was not asked for (RFC 9110 8.4), which nobody here reads; nullopt:
/// it has not.
std::optional<fault> fault_of_encoding(const state::server_state&, const http_head&);

/// A fault that the stream of an answer has told of, as a sentence for the agent's user: it names the server and what
/// to do, and holds nothing of the key.
fault told_by(const state::server_state&, fault, const key_pieces&);

}  // namespace opd::bridge
