#pragma once

#include "daemon/http/request_head.hpp"
#include "daemon/http/session_socket.hpp"

#include <optional>
#include <string>

namespace opd::http {

/// Reads the requests of one client, one after the other.
class request_reader {
public:
    request_reader(session_socket&, wire::request_handler&, wire::connection, const session_limits&, session_totals&);
    request_reader(const request_reader&) = delete;
    request_reader& operator=(const request_reader&) = delete;

    ~request_reader() { hold(0); }

    /// Reads one request. False: there is none, and `refused` is what to tell the client, if anything.
    boost::asio::awaitable<bool> receive();

    /// The request that was read, until forget().
    const request_head& head() const { return head_; }

    const wire::connection& how() const { return how_; }
    wire::reply respond() const { return accepted_.respond(head_.asked); }
    bool ends_with_client() const { return accepted_.ends_with_client; }
    bool streams() const { return accepted_.streams; }

    void forget();

    std::optional<wire::answer> refused;  ///< of what could not be read, or needs not be

private:
    boost::asio::awaitable<bool> receive_head();
    bool understand_head();
    boost::asio::awaitable<bool> receive_length();
    boost::asio::awaitable<bool> receive_chunks();
    boost::asio::awaitable<bool> expect_body();
    // What prevents the request is put into `refused`; always false.
    bool give_up(unsigned status, std::string_view code, std::string_view message);
    bool malformed(std::string_view fault);
    bool too_large_body();
    bool too_much_at_once();
    bool lost(const boost::system::error_code&, bool begun, std::chrono::milliseconds time);
    bool may_hold(std::size_t body_bytes) const;
    void hold(std::size_t body_bytes);

    session_socket& socket_;
    wire::request_handler& handler_;
    wire::connection how_;
    session_limits limits_;  ///< of a body: those of the present request
    session_limits usual_;
    session_totals& totals_;
    std::size_t held_ = 0;  ///< of the total
    std::string head_bytes_;
    request_head head_;
    chunked_body chunks_{0};
    std::size_t body_in_buffer_ = 0;
    wire::accepted_request accepted_;
};

}  // namespace opd::http
