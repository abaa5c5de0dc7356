#pragma once

#include "config/base/result.hpp"

#include <string_view>

namespace opd {

/// The rule for an entry of `cors_origins`: an origin exactly as a browser sends it (RFC 6454 section 6.2): scheme,
/// host and, unless it is the scheme's default, port; lower case, nothing after it.
result<void> check_cors_origin(std::string_view origin);

}  // namespace opd
