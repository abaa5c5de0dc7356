#pragma once

#include "daemon/bridge/wire/turn.hpp"

#include <string>
#include <string_view>

namespace opd::bridge {

/// The body of POST /responses. The turn's views are into the body, which is mended where it
/// holds half an emoji.
decoded<turn> read_responses_request(std::string& body, std::string_view maker);

}  // namespace opd::bridge
