#pragma once

#include "probes/http/message.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>

namespace opd {

/// Takes the compression of the body away, and what names it; where that is not spoken, both stay. What the body begins
/// with decides: some servers name a coding and use none, or call it by a name of their own. Never grows the body over
/// `most` bytes: that is `too_large`.
boost::asio::awaitable<std::optional<failure>> decode_body(http_reply&, std::uint64_t most);

}  // namespace opd
