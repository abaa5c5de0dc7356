#pragma once

#include "daemon/document.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace opd {

/// A request as the API sees it. The views are valid until the answer has been sent.
struct request {
    std::string_view method;
    std::string_view target;  ///< origin form: path and query, still percent-encoded
    std::string_view host;
    std::string_view origin;  ///< empty: not sent
    std::string_view content_type;
    std::string_view if_none_match;
    std::optional<std::string_view> if_match;  ///< nullopt: not sent
    std::string_view body;
    bool over_unix_socket = false;
};

struct answer {
    unsigned status = 200;
    document_ptr body;        ///< never null; a 304 is sent without it
    bool tagged = false;      ///< send the body's ETag; a client that has it gets a 304
    std::string etag;         ///< of what is described rather than of the body, and sent instead: for If-Match alone
    std::string location;     ///< of what was created
    std::string allow;        ///< for 405: the methods
    std::string page_origin;  ///< not empty: a browser page of this origin may read the answer (CORS)
    bool close = false;       ///< end the connection after this answer
};

/// What answers requests. It always answers; an exception is a bug and becomes a 500.
class request_handler {
public:
    virtual ~request_handler() = default;

    /// The answer, where nothing has to be waited for; nullopt: ask handle().
    virtual std::optional<answer> handle_now(const request&) { return std::nullopt; }

    virtual boost::asio::awaitable<answer> handle(const request&) = 0;
};

}  // namespace opd
