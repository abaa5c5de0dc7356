#pragma once

#include "config/base_url.hpp"
#include "config/secret.hpp"
#include "probes/http/failure.hpp"
#include "probes/http/message.hpp"
#include "probes/http/phases.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace opd {

/// Where to, and how far to trust it.
struct http_peer {
    api_root root;
    secret key;                            ///< empty: none; sent as each request's `auth` says
    bool key_may_travel_in_clear = false;  ///< over plain http beyond private networks
    std::optional<std::string> ca_file;    ///< an extra trust anchor
};

/// A conversation with one server: requests one after the other, over one connection where the server keeps it open.
class http_connection {
public:
    virtual ~http_connection() = default;
    /// Connects if need be, sends, and reads the whole answer. No redirect is followed. One fetch at a time; the
    /// connection and the request must live until it is done. Reacts to `terminal` cancellation with
    /// `failure::reason::cancelled`.
    virtual boost::asio::awaitable<result<http_reply, failure>> fetch(const http_request&) = 0;

    /// So far; for those who look for what is slow.
    virtual http_phases phases() const { return {}; }
};

/// The seam between probing and the network.
class http_transport {
public:
    virtual ~http_transport() = default;
    /// A connection whose every step ends by `deadline`. Costs no packet until the first fetch.
    virtual std::unique_ptr<http_connection> open(http_peer, std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace opd
