#pragma once

#include "daemon/bridge/wire/turn.hpp"

#include <vector>

namespace opd::bridge {

/// The messages as strict servers take them: each call is answered by exactly one result, the results of a message's
/// calls stand right behind it, in the order of the calls, at the head of one user's message; messages of one role in a
/// row are one message (calls of one answer, which some protocols send apart, come together); a call without a result
/// is dropped; a result without a call becomes a user's text; a system message that stands between calls and results
/// moves behind the results; empty texts and empty messages go. Deterministic, and a longer conversation begins as the
/// shorter one did.
std::vector<message> arranged(std::vector<message>);

/// What a system text in the middle of a conversation is for servers that take only a leading one.
std::string as_reminder(std::string_view system_text);

}  // namespace opd::bridge
