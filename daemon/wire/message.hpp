#pragma once

#include "daemon/wire/document.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace opd::wire {

/// How a client has reached the daemon.
struct connection {
    bool over_unix_socket = false;
    std::string address;       ///< over TCP ours, literally and without brackets; else empty
    std::uint16_t port = 0;    ///< over TCP ours; else 0
    bool needs_token = false;  ///< it comes from another machine
};

/// A line of a request's head. The views are into the bytes of the head.
struct header_field {
    std::string_view name;   ///< as sent; upper and lower case mean the same
    std::string_view value;  ///< without the spaces around it
};

/// A request as the API sees it. The views are valid until the answer has been sent, or, where that is a stream, until
/// it is there; without a note, an empty one was not sent.
struct request {
    std::string_view method;
    std::string_view target;  ///< origin form: path and query, still percent-encoded; or `*`
    std::string_view host;
    std::string_view origin;
    std::string_view fetch_site;         ///< Sec-Fetch-Site
    std::string_view preflight_method;   ///< Access-Control-Request-Method
    std::string_view preflight_network;  ///< Access-Control-Request-Private-Network
    std::string_view authorization;
    std::string_view content_type;
    std::string_view if_none_match;
    std::optional<std::string_view> if_match;  ///< nullopt: not sent
    std::span<const header_field> headers;     ///< all of them
    std::string_view body;
    bool over_unix_socket = false;
    std::string_view own_address;  ///< as in `connection`
    std::uint16_t own_port = 0;
    bool needs_token = false;

    /// The value of any header, in whichever case it was sent; empty: it was not.
    std::string_view header(std::string_view name) const;
};

/// What a browser is told before a page of another origin may send its request (Fetch, "CORS-preflight request").
struct page_permission {
    std::string methods;           ///< of the path, as in Allow
    bool private_network = false;  ///< it asks whether a page of the internet may reach into this machine
};

/// Takes the parts of a streamed body from the one who produces it.
class body_sink {
public:
    virtual ~body_sink() = default;
    /// Sends this at once, as a part of its own, which must stay until then. Waits while the client is slow.
    virtual boost::asio::awaitable<void> write(std::string_view part) = 0;
};

/// A body that goes to the client as it comes, in place of a document.
struct body_stream {
    /// Produces it. False: it cannot be brought to its end, which the client will notice. It is cancelled (`terminal`)
    /// when the client leaves, and has ended when the session has. An exception is a bug.
    std::function<boost::asio::awaitable<bool>(body_sink&)> produce;
    std::function<std::string()> heartbeat;  ///< sent whenever nothing has come for `silence`; null: nothing is
    std::chrono::milliseconds silence{15'000};
    bool endless = false;  ///< it has no end of its own: shutting down ends it
};

struct answer {
    unsigned status = 200;
    document_ptr body;  ///< null only where there is a stream instead; a 204 and a 304 are sent without either
    std::shared_ptr<const body_stream> stream;
    std::string content_type;         ///< empty: JSON
    std::string_view content_policy;  ///< Content-Security-Policy, a constant; empty: that of data
    std::string_view cache_control;   ///< a constant; empty: as the tag has it
    bool tagged = false;              ///< send the body's ETag; a client that has it gets a 304
    std::string etag;          ///< of what is described rather than of the body, and sent instead: for If-Match alone
    std::string location;      ///< of what was created
    std::string allow;         ///< for 405: the methods
    std::string authenticate;  ///< for 401: how (WWW-Authenticate)
    std::vector<std::pair<std::string, std::string>> headers;  ///< of another protocol; without line breaks
    std::string page_origin;  ///< not empty: a browser page of this origin may read the answer (CORS)
    std::optional<page_permission> permits;
    bool close = false;  ///< end the connection after this answer
};

/// An answer, or one that has to be waited for: what is at hand costs no coroutine.
using reply = std::variant<answer, boost::asio::awaitable<answer>>;

/// A request that will be answered once its body is there.
struct accepted_request {
    /// Called once, and kept as long as the request.
    std::function<reply(const request&)> respond;
    std::optional<std::size_t> body_bytes = {};               ///< the largest body; nullopt: that of the session
    std::optional<std::chrono::milliseconds> body_time = {};  ///< for the whole body to come; nullopt: the session's
    bool ends_with_client = false;  ///< who prepares the answer is cancelled (`terminal`) when the client leaves
    bool streams = false;           ///< it counts as a stream from its beginning: there may be no room for another one
};

/// What answers requests. It always answers; an exception is a bug and becomes a 500.
class request_handler {
public:
    virtual ~request_handler() = default;

    /// Called once for each request, when its head is there. An answer refuses it: without a look at its body if that
    /// ends the connection (`close`), else after the body.
    virtual std::variant<answer, accepted_request> accept(const request& head) = 0;
};

}  // namespace opd::wire
