#pragma once

#include "daemon/bridge/wire/delta.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace opd::bridge {

/// What a server's error comes to. `status` is that of HTTP, or 0 within a stream. The message is the server's own, as
/// it stands in the shapes of errors that servers use, also wrapped in one another: in one line, not redacted; empty
/// where it says nothing.
fault read_upstream_error(unsigned status, std::string_view body,
                          std::optional<std::chrono::seconds> retry_after = std::nullopt);

}  // namespace opd::bridge
