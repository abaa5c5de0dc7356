#pragma once

#include "config/base/secret.hpp"
#include "daemon/http/session.hpp"
#include "probes/http/deadline.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd::http {

/// A session's socket, with the time that its client has, and what has come and was not read yet.
class session_socket {
public:
    using socket = boost::asio::generic::stream_protocol::socket;
    /// A body may hold a key.
    using buffer = boost::beast::basic_flat_buffer<wiping_allocator<char>>;
    using clock = std::chrono::steady_clock;

    static constexpr std::size_t read_size = 4096;

    session_socket(socket, std::chrono::milliseconds take_time);

    std::string_view received() const;
    /// Error codes as of the system; `operation_aborted` where nothing may be waited for any more.
    boost::asio::awaitable<boost::system::error_code> read_more(std::size_t at_most);
    /// Sends `output` in as few system calls as the socket takes (asio::async_write would split it into 64 KiB pieces).
    /// False: the client does not take it.
    boost::asio::awaitable<bool> write_output();
    /// Ends the connection so that the client can still read what it was sent: closing with unread input would reset
    /// it, so that up to `unread` bytes of it are waited for. Who does not take its answer is reset, so that the kernel
    /// does not keep the rest of it either.
    boost::asio::awaitable<void> hang_up(std::size_t unread);
    /// Before the next request of a client who sends many ahead. That one could be made to go now, like one that is
    /// waited for.
    boost::asio::awaitable<void> let_others_go_first();
    /// As much of `output` as the socket takes at this moment; returns the rest.
    std::string write_at_once();
    /// Returns when the client has ended its direction or the connection, as far as that can be seen: one that has sent
    /// something ahead is not looked through. Also when it is cancelled.
    boost::asio::awaitable<void> wait_for_end();

    void wait_until(std::chrono::milliseconds from_now);
    void wait_no_longer();

    bool time_is_up() const { return deadline_.passed(); }

    /// Since when the client is waited for; nullopt: it is not.
    std::optional<clock::time_point> waiting_since() const { return waiting_since_; }

    /// Between two requests the connection ends at once, inside one after the answer.
    void shut_down();
    void cut_off();
    /// What is waited for returns; what is about to be waited for looks whether it may.
    void cancel();

    boost::asio::any_io_executor executor() { return socket_.get_executor(); }

    buffer input;
    std::vector<boost::asio::const_buffer> output;
    bool busy = false;       ///< a request is being answered
    bool in_stream = false;  ///< or about to be
    bool closing = false;
    bool is_cut_off = false;
    bool reset = false;

private:
    bool may_wait() const { return !is_cut_off && !deadline_.passed() && (busy || !closing); }

    socket socket_;
    std::chrono::milliseconds take_time_;
    deadline deadline_;
    boost::asio::steady_timer never_;
    std::optional<clock::time_point> waiting_since_;
};

}  // namespace opd::http
