#pragma once

#include "config/base/secret.hpp"
#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"
#include "probes/http/message.hpp"
#include "probes/http/transport.hpp"
#include "probes/report.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace opd {

/// Everything one probe needs to know; a value, so that a configuration that changes meanwhile does not matter.
struct probe_order {
    model_server server;
    api_root root;              ///< of server.probe_base_url()
    std::optional<secret> key;  ///< the value of key_variable(server, root), where it is set
    std::chrono::milliseconds timeout{};
    std::size_t first_route = 0;  ///< the route that answered the last time
    probe_limits limits{};
};

/// Lists the models of one server, which is also the check whether it is reachable. Always ends with a report, at the
/// latest after `timeout`; costs no packet where a key is missing or withheld. Throws only `operation_aborted`, when
/// cancelled.
boost::asio::awaitable<report> probe(http_transport&, probe_order);

}  // namespace opd
