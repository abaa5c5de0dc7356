#pragma once

#include "config/secret.hpp"

#include <string_view>

namespace opd {

/// Whether an Authorization header carries this token (RFC 6750 2.1). The time it takes says nothing about how much of
/// it is right. An empty token is carried by nobody.
bool carries_token(std::string_view authorization, const secret& token);

}  // namespace opd
