#pragma once

#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>

namespace opd {

/// What a server may cost.
struct transport_limits {
    std::uint32_t header_bytes = 64 * 1024;
    /// OpenRouter's list was 532 KB in August 2026, and grows.
    std::uint64_t body_bytes = std::uint64_t{16} * 1024 * 1024;
};

/// The real network: HTTP/1.1 over TCP or TLS. The resolver must outlive the transport, the transport its connections.
std::unique_ptr<http_transport> make_beast_transport(boost::asio::any_io_executor, resolver&, transport_limits = {});

}  // namespace opd
