#pragma once

#include "daemon/bridge/wire/turn.hpp"

#include <string>
#include <string_view>

namespace opd::bridge {

/// The body of POST /v1beta/models/MODEL:generateContent and :streamGenerateContent. The turn's views are into the
/// body.
decoded<turn> read_gemini_request(std::string& body, std::string model, bool stream, std::string_view maker);

}  // namespace opd::bridge
