#include "daemon/http/session.hpp"

#include "daemon/api/encode.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using stream_type = beast::basic_stream<asio::generic::stream_protocol>;

namespace opd {
namespace {

constexpr std::uint32_t max_header_bytes = 16 * 1024;
constexpr std::uint64_t max_body_bytes = std::uint64_t{1024} * 1024;
constexpr std::chrono::seconds idle_time{75};    ///< for a whole request to arrive, the pause before it included
constexpr std::chrono::seconds answer_time{30};  ///< for the client to take an answer
constexpr std::size_t read_size = 4096;
constexpr std::chrono::seconds linger_time{1};
constexpr std::size_t max_lingering_bytes = 2 * max_body_bytes;

/// The Date header (RFC 9110 6.6.1), made once a second.
std::string_view date_now() {
    thread_local std::time_t made_at = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != made_at) {
        made_at = now;
        text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    }
    return text;
}

/// What to tell a client whose request could not be read. nullopt: nothing, it has gone or asks for nothing.
std::optional<answer> refusal(const error_code& error, bool request_begun) {
    const auto refuse = [](unsigned status, std::string_view code, std::string_view message) {
        return answer{.status = status, .body = make_document(encode_error(code, message)), .close = true};
    };
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        return refuse(431, "headers_too_large", "the request's headers are over 16 KiB; send fewer or shorter ones");
    }
    if (error == http::error::body_limit) {
        return refuse(413, "payload_too_large", "the request's body is over 1 MiB; send a smaller one");
    }
    if (error == beast::error::timeout && request_begun) {
        return refuse(408, "bad_request", "the request did not arrive whole within 75 s; send it again");
    }
    if (error == http::error::end_of_stream) return std::nullopt;
    if (error.category() == http::make_error_code(http::error::bad_method).category()) {
        return refuse(400, "bad_request", fmt::format("this is not a valid HTTP/1.1 request: {}", error.message()));
    }
    return std::nullopt;
}

class beast_session final : public session {
public:
    beast_session(asio::generic::stream_protocol::socket socket, request_handler& handler, bool over_unix_socket)
        : stream_(std::move(socket)), handler_(handler), over_unix_socket_(over_unix_socket) {}

    asio::awaitable<void> run() override {
        error_code ignored;
        // So that an answer that fits into the socket's buffer is sent without a turn of the event loop.
        stream_.socket().non_blocking(true, ignored);
        bool open = true;
        while (open && !closing_) {
            parser_.emplace();
            parser_->header_limit(max_header_bytes);
            parser_->body_limit(max_body_bytes);
            stream_.expires_after(idle_time);
            const error_code error = co_await read_request();
            if (error) {
                open = false;
                co_await refuse(error);
            } else {
                busy_ = true;
                open = co_await reply();
                busy_ = false;
            }
        }
        co_await hang_up();
    }

    void shut_down() override {
        closing_ = true;
        if (!busy_) stream_.cancel();
    }

private:
    /// Reads one request, from what is left of the last read and from the socket.
    asio::awaitable<error_code> read_request() {
        bool told_to_go_on = false;
        parser_->eager(true);
        for (;;) {
            error_code error;
            if (buffer_.size() != 0) {
                buffer_.consume(parser_->put(buffer_.data(), error));
                if (error && error != http::error::need_more) co_return error;
            }
            if (parser_->is_done()) co_return error_code();
            if (parser_->is_header_done() && !std::exchange(told_to_go_on, true) && wants_to_hear_more()) {
                static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                output_.assign(1, asio::buffer(go_on));
                const bool sent = co_await write_output();
                if (!sent) co_return asio::error::eof;
            }
            auto [read_error, bytes] = co_await stream_.async_read_some(buffer_.prepare(read_size), await);
            if (read_error == asio::error::eof && parser_->got_some()) co_return http::error::partial_message;
            if (read_error) co_return read_error;
            buffer_.commit(bytes);
        }
    }

    bool wants_to_hear_more() const { return beast::iequals(parser_->get()[http::field::expect], "100-continue"); }

    /// One that is sent without a value is not the same as none: the client means to be careful.
    std::optional<std::string_view> if_match() const {
        const auto& message = parser_->get();
        const auto found = message.find(http::field::if_match);
        if (found == message.end()) return std::nullopt;
        return std::string_view(found->value());
    }

    asio::awaitable<void> refuse(error_code error) {
        const std::optional<answer> told = refusal(error, parser_->got_some());
        if (!told) co_return;
        linger_ = true;
        co_await send(*told, false, false);
    }

    asio::awaitable<bool> reply() {
        const auto& message = parser_->get();
        const bool head = message.method() == http::verb::head;
        const request asked{.method = message.method_string(),
                            .target = message.target(),
                            .host = message[http::field::host],
                            .origin = message[http::field::origin],
                            .content_type = message[http::field::content_type],
                            .if_none_match = message[http::field::if_none_match],
                            .if_match = if_match(),
                            .body = message.body(),
                            .over_unix_socket = over_unix_socket_};
        std::optional<answer> given = handler_.handle_now(asked);
        if (!given) given = co_await handler_.handle(asked);
        const bool keep_alive = message.keep_alive() && !given->close && !closing_;
        const bool sent = co_await send(*given, head, keep_alive);
        co_return sent&& keep_alive;
    }

    asio::awaitable<bool> send(const answer& given, bool head, bool keep_alive) {
        write_header(given, keep_alive);
        output_.clear();
        output_.emplace_back(asio::buffer(header_));
        if (!head && given.status != 304) {
            for (const document::piece& one : given.body->pieces)
                output_.emplace_back(asio::buffer(*one));
        }
        const bool sent = co_await write_output();
        co_return sent;
    }

    void write_header(const answer& given, bool keep_alive) {
        header_.clear();
        auto out = std::back_inserter(header_);
        fmt::format_to(out, "HTTP/1.1 {} {}\r\nServer: operatord\r\nDate: {}\r\n", given.status,
                       std::string_view(http::obsolete_reason(static_cast<http::status>(given.status))), date_now());
        if (given.status != 304) {
            fmt::format_to(out, "Content-Type: application/json\r\nContent-Length: {}\r\n", given.body->size);
        }
        const std::string_view etag = given.etag.empty() && given.tagged ? given.body->etag : given.etag;
        if (!etag.empty()) fmt::format_to(out, "ETag: {}\r\nCache-Control: no-cache\r\n", etag);
        if (!given.location.empty()) fmt::format_to(out, "Location: {}\r\n", given.location);
        if (!given.allow.empty()) fmt::format_to(out, "Allow: {}\r\n", given.allow);
        if (!given.page_origin.empty()) {
            fmt::format_to(out, "Access-Control-Allow-Origin: {}\r\nVary: Origin\r\n", given.page_origin);
        }
        header_ += "X-Content-Type-Options: nosniff\r\n";
        header_ += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
    }

    /// Sends output_ in as few system calls as the socket takes (asio::async_write would split it into 64 KiB pieces).
    asio::awaitable<bool> write_output() {
        std::size_t first = 0;
        while (first != output_.size()) {
            const std::span<const asio::const_buffer> rest = std::span(output_).subspan(first);
            error_code error;
            std::size_t written = stream_.socket().write_some(rest, error);
            if (error == asio::error::would_block) {
                stream_.expires_after(answer_time);
                std::tie(error, written) = co_await stream_.async_write_some(rest, await);
            }
            if (error) co_return false;
            while (first != output_.size() && written >= output_[first].size())
                written -= output_[first++].size();
            if (written != 0) output_[first] += written;
        }
        co_return true;
    }

    /// Ends the connection so that the client can still read what it was sent: closing with unread input would reset
    /// it.
    asio::awaitable<void> hang_up() {
        error_code ignored;
        stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
        if (!linger_) co_return;
        stream_.expires_after(linger_time);
        std::vector<char> rest(read_size);
        for (std::size_t seen = 0; seen < max_lingering_bytes;) {
            auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(rest), await);
            if (error) break;
            seen += bytes;
        }
    }

    stream_type stream_;
    request_handler& handler_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::string header_;
    std::vector<asio::const_buffer> output_;
    bool over_unix_socket_;
    bool busy_ = false;
    bool closing_ = false;
    bool linger_ = false;
};

}  // namespace

std::shared_ptr<session> make_session(asio::generic::stream_protocol::socket socket, request_handler& handler,
                                      bool over_unix_socket) {
    return std::make_shared<beast_session>(std::move(socket), handler, over_unix_socket);
}

}  // namespace opd
