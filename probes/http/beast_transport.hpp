#pragma once

#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"
#include "probes/limits.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace opd {

/// The real network: HTTP/1.1 over TCP or TLS. The resolver must outlive the transport, the transport its connections.
std::unique_ptr<http_transport> make_beast_transport(boost::asio::any_io_executor, resolver&, probe_limits = {});

}  // namespace opd
