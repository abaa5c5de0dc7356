#pragma once

#include "probes/dialects/dialect.hpp"

namespace opd {

/// Anthropic's paged list, and the OpenAI-shaped ones of servers that only answer chats in its language.
const dialect& anthropic_dialect();

}  // namespace opd
