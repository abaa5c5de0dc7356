#pragma once

#include "daemon/bridge/wire/turn.hpp"

#include <cstdint>

namespace opd::bridge {

/// About how many tokens a turn is, for meters and limits that cannot wait for the server's own count: a fourth of the
/// bytes of its texts and schemas, and a fixed number for each picture. Within a third of the truth for most texts.
std::uint64_t estimate_tokens(const turn&);

}  // namespace opd::bridge
