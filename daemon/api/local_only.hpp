#pragma once

#include "daemon/http/message.hpp"

#include <optional>

namespace opd {

/// Keys are spoken of over the unix socket alone. nullopt: the request came that way.
std::optional<answer> refuse_unless_local(const request&);

}  // namespace opd
