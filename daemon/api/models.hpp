#pragma once

#include "daemon/api/call.hpp"

#include <optional>

namespace opd {

/// Does what a read of a model list may wait for: `?refresh=true`, or a first result that is still pending. An answer
/// means that the request was wrong.
boost::asio::awaitable<std::optional<answer>> bring_up_to_date(api_services, const call&, server_entry_ptr);

}  // namespace opd
