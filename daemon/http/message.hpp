#pragma once

#include "daemon/document.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace opd {

/// How a client has reached the daemon.
struct connection {
    bool over_unix_socket = false;
    std::string address;       ///< over TCP ours, literally and without brackets; else empty
    std::uint16_t port = 0;    ///< over TCP ours; else 0
    bool needs_token = false;  ///< it comes from another machine
};

/// A request as the API sees it. The views are valid until the answer has been sent; without a note, an empty one was
/// not sent.
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
    std::string_view body;
    bool over_unix_socket = false;
    std::string_view own_address;  ///< as in `connection`
    std::uint16_t own_port = 0;
    bool needs_token = false;
};

/// What a browser is told before a page of another origin may send its request (Fetch, "CORS-preflight request").
struct page_permission {
    std::string methods;           ///< of the path, as in Allow
    bool private_network = false;  ///< it asks whether a page of the internet may reach into this machine
};

struct answer {
    unsigned status = 200;
    document_ptr body;         ///< never null; a 204 and a 304 are sent without it
    bool tagged = false;       ///< send the body's ETag; a client that has it gets a 304
    std::string etag;          ///< of what is described rather than of the body, and sent instead: for If-Match alone
    std::string location;      ///< of what was created
    std::string allow;         ///< for 405: the methods
    std::string authenticate;  ///< for 401: how (WWW-Authenticate)
    std::string page_origin;   ///< not empty: a browser page of this origin may read the answer (CORS)
    std::optional<page_permission> permits;
    bool close = false;  ///< end the connection after this answer
};

/// What answers requests. It always answers; an exception is a bug and becomes a 500.
class request_handler {
public:
    virtual ~request_handler() = default;

    /// The answer, where nothing has to be waited for; nullopt: ask handle().
    virtual std::optional<answer> handle_now(const request&) { return std::nullopt; }

    virtual boost::asio::awaitable<answer> handle(const request&) = 0;

    /// Asked for connections that need a token, before the body is read: an answer refuses the request.
    virtual std::optional<answer> refuse_unread(const request&) { return std::nullopt; }
};

}  // namespace opd
