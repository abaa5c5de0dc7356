#pragma once

#include "tests/support/http_fixture/script.hpp"
#include "tests/support/http_fixture/wire.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace opd::test {

/// Reads the next request; `buffer` holds what was read beyond the one before. nullopt: the peer is gone, or what it
/// sent is not a request (a chunked body is not understood either).
boost::asio::awaitable<std::optional<seen_request>> read_request(wire&, std::string& buffer);

/// Sends what the script says. True: the connection is ready for the next request; false: it is over.
boost::asio::awaitable<bool> perform(wire&, const script&, const seen_request&);

}  // namespace opd::test
