#pragma once

#include "daemon/http/message.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <memory>

namespace opd {

/// One client's connection, TCP or unix socket: HTTP/1.1 with keep-alive and pipelining.
class session {
public:
    virtual ~session() = default;
    /// Serves the client until it goes, or until shut_down() and the end of the answer under way. Ends quietly whatever
    /// the client does.
    virtual boost::asio::awaitable<void> run() = 0;
    /// A connection between two requests is closed; one inside a request still gets its whole answer.
    virtual void shut_down() = 0;
};

/// `handler` must outlive the session.
std::shared_ptr<session> make_session(boost::asio::generic::stream_protocol::socket, request_handler& handler,
                                      bool over_unix_socket);

}  // namespace opd
