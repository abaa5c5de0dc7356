#pragma once

#include "daemon/http/session_socket.hpp"
#include "daemon/wire/message.hpp"

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace opd::http {

/// A body that is produced while it is sent, straight into the socket: who is slow to take it slows its producer, and a
/// part costs no wake-up but that of the producer.
class streamed_body final : public wire::body_sink {
public:
    /// Both must outlive it. Without chunks the end of the connection ends the body.
    streamed_body(session_socket&, const wire::body_stream&, bool chunked);
    streamed_body(const streamed_body&) = delete;
    streamed_body& operator=(const streamed_body&) = delete;

    /// Produces and sends all of it. False: the client has not got the whole. The producer has ended before this does,
    /// also when the session is cancelled. Throws what the producer throws.
    boost::asio::awaitable<bool> send();

    boost::asio::awaitable<void> write(std::string_view part) override;

private:
    boost::asio::awaitable<void> produce();
    void put(std::string_view part);
    void beat();

    session_socket& socket_;
    const wire::body_stream& what_;
    bool chunked_;
    bool writing_ = false;
    bool whole_ = false;
    std::exception_ptr bug_;
    std::string chunk_head_;
    std::string owed_;  ///< of a heartbeat that the socket did not take whole
    deadline silence_;
};

}  // namespace opd::http
