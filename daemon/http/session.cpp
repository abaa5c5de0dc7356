#include "daemon/http/session.hpp"

#include "config/secret.hpp"
#include "daemon/api/encode.hpp"
#include "daemon/http/answer_head.hpp"
#include "daemon/http/chunked_body.hpp"
#include "daemon/http/deadline.hpp"
#include "daemon/http/head_syntax.hpp"
#include "daemon/http/request_head.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using boost::system::error_code;
using clock_type = std::chrono::steady_clock;

namespace opd {
namespace {

constexpr std::size_t read_size = 4096;
constexpr std::size_t most_kept = 2 * read_size;  ///< of a buffer, from one request to the next
constexpr std::chrono::seconds linger_time{1};

answer failed(unsigned status, std::string_view code, std::string_view message) {
    return {.status = status, .body = make_document(encode_error(code, message)), .close = true};
}

answer malformed(std::string_view fault) {
    return failed(400, "bad_request", fmt::format("this is not a valid HTTP/1.1 request: {}", fault));
}

std::string in_words(std::size_t bytes) {
    const bool whole = bytes % (std::size_t{1024} * 1024) == 0;
    return whole ? fmt::format("{} MiB", bytes / 1024 / 1024) : fmt::format("{} KiB", bytes / 1024);
}

/// A body may hold a key.
using receive_buffer = boost::beast::basic_flat_buffer<wiping_allocator<char>>;

std::string_view text_of(const receive_buffer& buffer) {
    const asio::const_buffer data = buffer.cdata();
    return {static_cast<const char*>(data.data()), data.size()};
}

class client_session final : public session {
public:
    client_session(stream_protocol::socket socket, request_handler& handler, connection how,
                   const session_limits& limits)
        : socket_(std::move(socket)),
          handler_(handler),
          how_(std::move(how)),
          limits_(limits),
          deadline_(socket_.get_executor(), [this] { cancel(); }) {}

    asio::awaitable<void> run() override {
        error_code ignored;
        // So that an answer that fits into the socket's buffer is sent without a turn of the event loop.
        socket_.non_blocking(true, ignored);
        bool open = true;
        while (open && !closing_ && !cut_off_) {
            busy_ = false;
            const bool received = co_await receive();
            busy_ = true;
            if (received) {
                open = co_await reply();
                if (open && buffer_.size() != 0) co_await let_others_go_first();
            } else {
                open = false;
                if (refusal_) co_await refuse();
            }
        }
        co_await hang_up();
    }

    void shut_down() override {
        closing_ = true;
        if (!busy_) cancel();
    }

    void cut_off() override {
        cut_off_ = true;
        cancel();
    }

    std::optional<clock_type::time_point> waiting_since() const override { return waiting_since_; }

private:
    /// What is waited for returns; what is about to be waited for looks at may_wait().
    void cancel() {
        error_code ignored;
        socket_.cancel(ignored);
    }

    bool may_wait() const { return !cut_off_ && !deadline_.passed() && (busy_ || !closing_); }

    void wait_until(std::chrono::milliseconds from_now) {
        const auto now = clock_type::now();
        waiting_since_ = now;
        deadline_.expire_at(now + from_now);
    }

    void wait_no_longer() {
        waiting_since_.reset();
        deadline_.clear();
    }

    /// Before the next request of a client who sends many ahead. That one could be made to go now, like one that is
    /// waited for.
    asio::awaitable<void> let_others_go_first() {
        waiting_since_ = clock_type::now();
        co_await asio::post(socket_.get_executor(), asio::use_awaitable);
        waiting_since_.reset();
    }

    /// Reads one request. False: there is none, and `refusal_` is what to tell the client, if anything.
    asio::awaitable<bool> receive() {
        wait_until(limits_.idle_time);
        const bool has_head = co_await receive_head();
        if (!has_head) co_return false;
        bool whole = false;
        if (head_.body.chunked) {
            whole = co_await receive_chunks();
        } else {
            whole = co_await receive_length();
        }
        wait_no_longer();
        co_return whole;
    }

    asio::awaitable<bool> receive_head() {
        bool begun = false;
        bool begins_well = false;
        std::size_t searched = 0;
        for (;;) {
            const std::string_view there = text_of(buffer_);
            const std::size_t end = find_head_end(there, searched);
            if ((end == 0 ? there.size() : end) > limits_.head_bytes) co_return too_large_head();
            searched = there.size();
            if (end != 0) {
                // The buffer may move while the body arrives.
                head_bytes_.assign(there.substr(0, end));
                buffer_.consume(end);
                co_return understand_head();
            }
            if (!begins_well && !there.empty()) {
                const std::string_view fault = fault_in_start(there);
                if (!fault.empty()) co_return give_up(malformed(fault));
                begins_well = there.find('\n') != there.npos;
            }
            if (!begun && !there.empty()) {
                begun = true;
                wait_until(limits_.head_time);
            }
            const error_code error = co_await read_more(read_size);
            if (error) co_return lost(error, begun, limits_.head_time);
        }
    }

    bool understand_head() {
        const std::string fault = read_request_head(head_bytes_, head_);
        if (!fault.empty()) return give_up(malformed(fault));
        request& asked = head_.asked;
        asked.over_unix_socket = how_.over_unix_socket;
        asked.own_address = how_.address;
        asked.own_port = how_.port;
        asked.needs_token = how_.needs_token;
        if (how_.needs_token) refusal_ = handler_.refuse_unread(asked);
        return !refusal_;
    }

    asio::awaitable<bool> receive_length() {
        if (head_.body.length > limits_.body_bytes) co_return too_large_body();
        const auto length = static_cast<std::size_t>(head_.body.length);
        body_in_buffer_ = length;
        if (buffer_.size() < length) {
            const bool may_come = co_await expect_body();
            if (!may_come) co_return false;
        }
        while (buffer_.size() < length) {
            const error_code error = co_await read_more(std::max(read_size, length - buffer_.size()));
            if (error) co_return lost(error, true, limits_.body_time);
        }
        head_.asked.body = text_of(buffer_).substr(0, length);
        co_return true;
    }

    asio::awaitable<bool> receive_chunks() {
        chunks_ = chunked_body(limits_.body_bytes);
        body_in_buffer_ = 0;
        for (bool asked_for = false;;) {
            std::string_view rest = text_of(buffer_);
            const std::size_t before = rest.size();
            const chunked_body::progress progress = chunks_.take(rest);
            buffer_.consume(before - rest.size());
            if (progress == chunked_body::progress::complete) break;
            if (progress == chunked_body::progress::malformed) co_return give_up(malformed("a chunk is malformed"));
            if (progress == chunked_body::progress::too_large) co_return too_large_body();
            if (!std::exchange(asked_for, true)) {
                const bool may_come = co_await expect_body();
                if (!may_come) co_return false;
            }
            const error_code error = co_await read_more(read_size);
            if (error) co_return lost(error, true, limits_.body_time);
        }
        head_.asked.body = chunks_.body();
        co_return true;
    }

    /// Tells the client to send the body, if it waits for that.
    asio::awaitable<bool> expect_body() {
        if (head_.waits_for_100) {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            output_.assign(1, asio::buffer(go_on));
            const bool sent = co_await write_output();
            if (!sent) co_return false;
        }
        wait_until(limits_.body_time);
        co_return true;
    }

    asio::awaitable<error_code> read_more(std::size_t at_most) {
        if (!may_wait()) co_return asio::error::operation_aborted;
        auto [error, bytes] = co_await socket_.async_read_some(buffer_.prepare(at_most), await);
        buffer_.commit(bytes);
        co_return error;
    }

    bool give_up(answer told) {
        refusal_ = std::move(told);
        return false;
    }

    bool too_large_head() {
        return give_up(failed(431, "headers_too_large",
                              fmt::format("the request's headers are over {}; send fewer or shorter ones",
                                          in_words(limits_.head_bytes))));
    }

    bool too_large_body() {
        return give_up(
            failed(413, "payload_too_large",
                   fmt::format("the request's body is over {}; send a smaller one", in_words(limits_.body_bytes))));
    }

    /// The rest of the request does not come.
    bool lost(const error_code& error, bool begun, std::chrono::milliseconds time) {
        if (!begun || cut_off_) return false;
        if (error == asio::error::eof) return give_up(malformed("it ends in the middle"));
        if (!deadline_.passed()) return false;
        return give_up(failed(408, "bad_request",
                              fmt::format("the request did not arrive whole within {} s; send it again",
                                          std::chrono::duration<double>(time).count())));
    }

    asio::awaitable<bool> reply() {
        const request& asked = head_.asked;
        std::optional<answer> given = handler_.handle_now(asked);
        if (!given) given = co_await handler_.handle(asked);
        const bool keep_alive = !head_.last && !given->close && !closing_;
        const bool head_only = asked.method == "HEAD";
        const bool sent = co_await send(*given, head_only, keep_alive);
        forget_request();
        co_return sent&& keep_alive;
    }

    void forget_request() {
        buffer_.consume(body_in_buffer_);
        if (!head_.asked.body.empty()) {
            const auto free = buffer_.prepare(buffer_.capacity() - buffer_.size());
            wipe(free.data(), free.size());
        }
        if (buffer_.size() == 0 && buffer_.capacity() > most_kept) buffer_.shrink_to_fit();
        if (head_.headers.capacity() * sizeof(header_field) > most_kept) head_.headers = {};
        if (head_.body.chunked) chunks_ = chunked_body(0);
    }

    asio::awaitable<void> refuse() {
        linger_ = true;
        wait_no_longer();
        co_await send(*refusal_, false, false);
    }

    asio::awaitable<bool> send(const answer& given, bool head_only, bool keep_alive) {
        const answer_circumstances circumstances{.over_unix_socket = how_.over_unix_socket, .keep_alive = keep_alive};
        write_answer_head(given, circumstances, answer_head_);
        output_.clear();
        output_.emplace_back(asio::buffer(answer_head_));
        if (!head_only && has_body(given)) {
            for (const document::piece& one : given.body->pieces)
                output_.emplace_back(asio::buffer(*one));
        }
        const bool sent = co_await write_output();
        co_return sent;
    }

    /// Sends output_ in as few system calls as the socket takes (asio::async_write would split it into 64 KiB pieces).
    asio::awaitable<bool> write_output() {
        std::size_t first = 0;
        while (first != output_.size()) {
            const std::span<const asio::const_buffer> rest = std::span(output_).subspan(first);
            error_code error;
            std::size_t written = socket_.write_some(rest, error);
            if (error == asio::error::would_block) {
                wait_until(limits_.take_time);
                if (!may_wait()) co_return false;
                std::tie(error, written) = co_await socket_.async_write_some(rest, await);
                wait_no_longer();
            }
            if (error) {
                reset_ = true;
                co_return false;
            }
            while (first != output_.size() && written >= output_[first].size())
                written -= output_[first++].size();
            if (written != 0) output_[first] += written;
        }
        co_return true;
    }

    /// Ends the connection so that the client can still read what it was sent: closing with unread input would reset
    /// it. Who does not take its answer is reset, so that the kernel does not keep the rest of it either.
    asio::awaitable<void> hang_up() {
        error_code ignored;
        busy_ = false;
        if (reset_ || cut_off_) {
            socket_.set_option(asio::socket_base::linger(true, 0), ignored);
            co_return;
        }
        socket_.shutdown(asio::socket_base::shutdown_send, ignored);
        if (!linger_) co_return;
        const std::size_t most = 2 * limits_.body_bytes;
        std::vector<char> rest(read_size);
        wait_until(linger_time);
        for (std::size_t seen = 0; seen < most && may_wait();) {
            auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(rest), await);
            if (error) break;
            seen += bytes;
        }
    }

    stream_protocol::socket socket_;
    request_handler& handler_;
    connection how_;
    session_limits limits_;
    deadline deadline_;
    receive_buffer buffer_;
    std::string head_bytes_;
    request_head head_;
    chunked_body chunks_{0};
    std::size_t body_in_buffer_ = 0;
    std::optional<answer> refusal_;  ///< of what could not be read
    std::string answer_head_;
    std::vector<asio::const_buffer> output_;
    std::optional<clock_type::time_point> waiting_since_;
    bool busy_ = false;  ///< a request is being answered
    bool closing_ = false;
    bool cut_off_ = false;
    bool linger_ = false;
    bool reset_ = false;
};

}  // namespace

std::shared_ptr<session> make_session(stream_protocol::socket socket, request_handler& handler, connection how,
                                      const session_limits& limits) {
    return std::make_shared<client_session>(std::move(socket), handler, std::move(how), limits);
}

}  // namespace opd
