#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace opd {

/// Completion token: the awaited operation returns its error code instead of throwing it.
inline constexpr auto await = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace opd
