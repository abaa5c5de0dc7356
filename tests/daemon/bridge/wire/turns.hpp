#pragma once

#include "daemon/bridge/wire/turn.hpp"

#include <string>
#include <string_view>

namespace opd::bridge {

/// A line for each thing that is said in a turn, such as `  call t1 Bash {"command":"ls"}`; what is not there has none.
std::string shown(const turn&);

enum class agent : std::uint8_t { claude, codex, gemini };

/// As the agent's protocol is read, for a server of `test_maker`. The body outlives the turn.
decoded<turn> read_as(agent, std::string& body);

/// What `read_as` has read, as text; or why it has not.
std::string read_and_shown(agent, std::string body);

constexpr std::string_view test_maker = "0123456789abcdef";

}  // namespace opd::bridge
