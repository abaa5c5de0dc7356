#pragma once

#include "daemon/wire/message.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

namespace opd::http {

/// What one client can cost. Requests that it sends ahead wait in its own socket: no more is read than the request that
/// is answered next, and nothing while an answer is on its way.
struct session_limits {
    std::size_t head_bytes = std::size_t{16} * 1024;
    std::size_t body_bytes = std::size_t{1024} * 1024;
    std::chrono::milliseconds idle_time{75'000};  ///< for the first byte of a request
    std::chrono::milliseconds head_time{10'000};  ///< from there, for the whole head
    std::chrono::milliseconds body_time{30'000};  ///< from there, for the whole body
    std::chrono::milliseconds take_time{30'000};  ///< for the client to take a further part of an answer
};

/// What all sessions hold together, and may.
struct session_totals {
    std::size_t most_body_bytes = std::size_t{128} * 1024 * 1024;  ///< of requests that are read or answered
    std::size_t most_streams = 64;                                 ///< answers that are sent as they come
    std::size_t body_bytes = 0;
    std::size_t streams = 0;
};

/// One client's connection, TCP or unix socket: HTTP/1.1 with keep-alive and pipelining.
class session {
public:
    virtual ~session() = default;
    /// Serves the client until it goes, or until shut_down() and the end of the answer under way. Ends quietly whatever
    /// the client does.
    virtual boost::asio::awaitable<void> run() = 0;
    /// A connection between two requests is closed; one inside a request still gets its whole answer, but for a stream
    /// that has no end.
    virtual void shut_down() = 0;
    /// Cuts the client off.
    virtual void cut_off() = 0;
    /// Since when the client has been waited for: for a request, whole or in part, or to take more of an answer.
    /// nullopt: it is being answered, or sent a stream.
    virtual std::optional<std::chrono::steady_clock::time_point> waiting_since() const = 0;
    /// It counts as a stream now.
    virtual bool in_stream() const = 0;
};

/// `handler` and the totals must outlive the session.
std::shared_ptr<session> make_session(boost::asio::generic::stream_protocol::socket, wire::request_handler& handler,
                                      wire::connection, const session_limits&, session_totals&);

}  // namespace opd::http
