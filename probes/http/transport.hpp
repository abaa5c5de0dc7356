#pragma once

#include "config/base/result.hpp"
#include "config/base/secret.hpp"
#include "config/model/base_url.hpp"
#include "config/model/proxy.hpp"
#include "probes/http/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace opd {

class resolver;

/// Where to, and how far to trust it.
struct http_peer {
    api_root root;
    secret key;                            ///< empty: none; sent as each request's `auth` says
    bool key_may_travel_in_clear = false;  ///< over plain http beyond private networks
    std::optional<std::string> ca_file;    ///< an extra trust anchor
};

/// How long a server may take.
struct http_patience {
    using time = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    time until = time::max();                   ///< everything ends by then
    duration connect = std::chrono::hours(24);  ///< name look-up and handshake included
    duration head = std::chrono::hours(24);     ///< from sending a request until the head of its answer has come
    duration silence = std::chrono::hours(24);  ///< between the parts of a body
    /// Zero: connections end with the conversation. Else an idle one is kept so long for others with the same server.
    duration kept_idle{0};
};

/// A conversation with one server: requests one after the other, each over an idle connection to the same server where
/// there is one (same host, port, trust, and rules for keys), else over a new one. One call at a time; the conversation
/// must live until it is done. Whoever leaves, be it by `terminal` cancellation (`failure::reason::cancelled`) or by
/// going away in the middle of a body, closes the connection at once.
class http_connection {
public:
    virtual ~http_connection() = default;
    /// Connects if need be, sends, and reads the head of the answer. No redirect is followed. A GET or HEAD whose
    /// connection, an old one, ends without an answer is sent a second time. What was left of the answer before is
    /// given up.
    virtual boost::asio::awaitable<result<http_head, failure>> open_answer(const http_request&) = 0;

    /// The next part of the body, as soon as there is any; 0: there is no more. Reads nothing from the network unless
    /// it is asked: who is slow slows the server.
    virtual boost::asio::awaitable<result<std::size_t, failure>> read_some(std::span<char> into) = 0;

    /// Ends what is waited for, which then has been cancelled.
    virtual void cancel() {}

    /// So far; for those who look for what is slow.
    virtual http_phases phases() const { return {}; }
};

/// The whole answer, of a bounded size.
boost::asio::awaitable<result<http_reply, failure>> fetch(http_connection&, const http_request&, const probe_limits&);

/// The seam between probing, or the bridge, and the network.
class http_transport {
public:
    virtual ~http_transport() = default;
    /// Costs no packet until the first request.
    virtual std::unique_ptr<http_connection> open(http_peer, http_patience) = 0;

    /// For conversations that begin after this; until then there are no proxies.
    virtual void use_proxies(proxy_rules) {}
};

/// The real network: HTTP/1.1 over TCP or TLS. The resolver must outlive the transport, the transport its connections.
std::unique_ptr<http_transport> make_beast_transport(boost::asio::any_io_executor, resolver&, probe_limits = {});

}  // namespace opd
