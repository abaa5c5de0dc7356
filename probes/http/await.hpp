#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace opd {

/// Completion token: the awaited operation returns its error code instead of throwing it.
inline constexpr auto await = boost::asio::as_tuple(boost::asio::use_awaitable);

/// For work that would hold the event loop if it were done in one go: waits until the caller may do a step of it. Each
/// turn of the loop has one such step, whoever's it is, so that many who have much to do do not hold it together, and
/// each gets his share. Throws `operation_aborted` when cancelled.
boost::asio::awaitable<void> heavy_step();

}  // namespace opd
