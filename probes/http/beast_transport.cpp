#include "probes/http/beast_transport.hpp"

#include "config/ascii.hpp"
#include "config/version.hpp"
#include "probes/http/await.hpp"
#include "probes/http/tls.hpp"
#include "probes/key_policy.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace opd {
namespace {

/// A key in a header is wiped with it. Beyond reach are the copies that are not ours: those on the stack and in
/// OpenSSL's records while they are sent (records are encrypted in place), and the kernel's.
using request_fields = http::basic_fields<wiping_allocator<char>>;
using request_message = http::request<http::empty_body, request_fields>;
using response_parser = http::response_parser<http::string_body>;
using tls_stream = asio::ssl::stream<beast::tcp_stream&>;

constexpr std::uint64_t read_size = std::uint64_t{64} * 1024;

failure::reason reason_of(const error_code& error) {
    using enum failure::reason;
    if (error == beast::error::timeout) return timed_out;
    if (error == asio::error::operation_aborted) return cancelled;
    if (error == asio::error::connection_refused) return refused;
    if (error == http::error::header_limit || error == http::error::body_limit ||
        error == http::error::buffer_overflow) {
        return too_large;
    }
    if (error == http::error::end_of_stream || error == http::error::partial_message || error == asio::error::eof ||
        error == asio::ssl::error::stream_truncated) {
        return closed;
    }
    if (error.category() == http::make_error_code(http::error::end_of_stream).category()) return not_http;
    if (error.category() == asio::error::get_ssl_category() ||
        error.category() == asio::ssl::error::get_stream_category()) {
        return tls;
    }
    return unreachable;
}

failure failure_at(stage at, const error_code& error) {
    return {.why = reason_of(error), .at = at, .detail = error.message()};
}

/// How much a failure to connect tells about the server: where one of its addresses refuses, it matters little that
/// this machine has no way to another one.
int weight(failure::reason why) {
    if (why == failure::reason::refused) return 2;
    return why == failure::reason::timed_out ? 1 : 0;
}

bool is_rate_limit_header(std::string_view name) {
    return name.starts_with("retry-after") || name.starts_with("x-ratelimit-reset") ||
           (name.starts_with("anthropic-ratelimit-") && name.ends_with("-reset")) || name == "date";
}

http_reply reply_of(http::response<http::string_body>&& message, const probe_limits& limits) {
    http_reply reply;
    reply.status = message.result_int();
    reply.content_type = std::string(message[http::field::content_type]);
    reply.content_encoding = std::string(message[http::field::content_encoding]);
    reply.location = std::string(message[http::field::location]);
    for (const auto& field : message) {
        if (reply.rate_limit_headers.size() == limits.rate_limit_headers) break;
        std::string name = lower_case(field.name_string());
        if (is_rate_limit_header(name)) reply.rate_limit_headers.emplace_back(std::move(name), field.value());
    }
    reply.body = std::move(message.body());
    return reply;
}

void add_key(request_message& message, credential auth, const secret& key) {
    switch (auth) {
        case credential::none:
            break;
        case credential::bearer: {
            std::string value = "Bearer ";
            value.reserve(value.size() + key.reveal().size());
            value += key.reveal();
            message.set(http::field::authorization, value);
            wipe(value);
            break;
        }
        case credential::x_api_key:
            message.set("x-api-key", key.reveal());
            break;
        case credential::x_goog_api_key:
            message.set("x-goog-api-key", key.reveal());
            break;
    }
}

/// The time of a step, from its begin until now.
std::chrono::microseconds since(steady_clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
}

class beast_connection final : public http_connection {
public:
    beast_connection(asio::any_io_executor executor, resolver& names, probe_limits limits,
                     result<tls_context_ptr, failure> tls, http_peer peer, steady_clock::time_point deadline)
        : names_(names),
          limits_(limits),
          tls_context_(std::move(tls)),
          peer_(std::move(peer)),
          deadline_(deadline),
          stream_(std::move(executor)) {
        // No line of an answer is longer than a header may be: a chunk's extensions, for one, count against nothing
        // else.
        buffer_.max_size(limits_.header_bytes + read_size);
    }

    asio::awaitable<result<http_reply, failure>> fetch(const http_request& request) override {
        const request_message message = compose(request);
        const bool reused = open_;
        auto answer = co_await attempt(message);
        // A server may end a connection that it kept open at any time; that says nothing about this request (RFC 9112
        // 9.3.1).
        if (reused && is_lost(answer)) answer = co_await attempt(message);
        co_return answer;
    }

    http_phases phases() const override { return phases_; }

private:
    /// The connection went before the answer came.
    static bool is_lost(const result<http_reply, failure>& answer) {
        if (answer || answer.error().at == stage::body) return false;
        return answer.error().why == failure::reason::closed || answer.error().why == failure::reason::unreachable;
    }

    asio::awaitable<result<http_reply, failure>> attempt(const request_message& message) {
        // Operations that are begun too late might still win against their timer.
        if (steady_clock::now() >= deadline_) {
            co_return failure{
                .why = failure::reason::timed_out, .at = open_ ? stage::send : stage::connect, .detail = {}};
        }
        if (!open_) {
            auto failed = co_await connect();
            if (failed) co_return std::move(*failed);
        }
        open_ = false;  // until the exchange has ended well
        if (tls_) {
            auto answer = co_await exchange(*tls_, message);
            co_return answer;
        }
        auto answer = co_await exchange(stream_, message);
        co_return answer;
    }

    request_message compose(const http_request& request) const {
        request_message message(http::verb::get, request.target, 11);
        message.set(http::field::host, peer_.root.authority());
        message.set(http::field::user_agent, "operatord/" + std::string(version()));
        message.set(http::field::accept, "application/json");
        message.set(http::field::accept_encoding, "identity");
        for (const auto& [name, value] : request.headers)
            message.set(name, value);
        if (!peer_.key.empty()) add_key(message, request.auth, peer_.key);
        return message;
    }

    /// A key over plain http may only reach a near address, whatever the name promised; so a connection for a server
    /// with a key is not even made to another.
    bool may_connect_to(const asio::ip::address& address) const {
        return peer_.key.empty() || may_carry_key(peer_.root, address.to_string(), peer_.key_may_travel_in_clear);
    }

    asio::awaitable<std::optional<failure>> connect() {
        tls_.reset();
        stream_.close();
        buffer_.clear();
        if (peer_.root.tls && !tls_context_) co_return tls_context_.error();
        phases_ = {};
        auto begin = steady_clock::now();
        auto addresses = co_await names_.resolve(peer_.root.host, deadline_);
        if (!addresses) co_return addresses.error();
        phases_.resolve = since(begin);
        begin = steady_clock::now();
        std::erase_if(*addresses, [&](const auto& address) { return !may_connect_to(address); });
        if (addresses->empty()) {
            co_return failure{.why = failure::reason::plaintext_key, .at = stage::connect, .detail = {}};
        }
        std::optional<failure> worst;
        for (std::size_t tried = 0; tried != addresses->size(); ++tried) {
            // An address that swallows packets leaves the others their share of the time.
            const auto left = static_cast<int>(addresses->size() - tried);
            const auto now = steady_clock::now();
            stream_.expires_at(now + (deadline_ - now) / left);
            const asio::ip::tcp::endpoint endpoint((*addresses)[tried], peer_.root.port);
            auto [error] = co_await stream_.async_connect(endpoint, await);
            if (!error) {
                phases_.connect = since(begin);
                stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
                auto failed = co_await secure();
                co_return failed;
            }
            const failure here = failure_at(stage::connect, error);
            stream_.close();
            if (here.why == failure::reason::cancelled) co_return here;
            if (!worst || weight(here.why) > weight(worst->why)) worst = here;
        }
        co_return worst;
    }

    asio::awaitable<std::optional<failure>> secure() {
        stream_.expires_at(deadline_);
        if (!peer_.root.tls) co_return std::nullopt;
        tls_.emplace(stream_, **tls_context_);
        if (!expect_host(tls_->native_handle(), peer_.root.host)) {
            co_return failure{.why = failure::reason::tls, .at = stage::tls, .detail = "the host name is not usable"};
        }
        const auto begin = steady_clock::now();
        auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, await);
        if (!error) {
            phases_.tls = since(begin);
            co_return std::nullopt;
        }
        failure failed = failure_at(stage::tls, error);
        if (failed.why == failure::reason::tls || failed.why == failure::reason::closed) {
            failed.why = failure::reason::tls;
            failed.detail = handshake_error(tls_->native_handle(), failed.detail);
        }
        co_return failed;
    }

    template <class Stream>
    asio::awaitable<result<http_reply, failure>> exchange(Stream& stream, const request_message& message) {
        const auto begin = steady_clock::now();
        auto [write_error, written] = co_await http::async_write(stream, message, await);
        // A server may answer and close before it has read everything; then its answer is worth more than the write
        // error.
        if (write_error && (write_error == beast::error::timeout || write_error == asio::error::operation_aborted)) {
            co_return failure_at(stage::send, write_error);
        }
        for (unsigned interim = 0; interim <= limits_.interim_answers; ++interim) {
            response_parser parser;
            parser.header_limit(limits_.header_bytes);
            parser.body_limit(limits_.body_bytes);
            auto [header_error, header_bytes] = co_await http::async_read_header(stream, buffer_, parser, await);
            if (header_error) co_return failure_at(stage::header, write_error ? write_error : header_error);
            if (!phases_.first_byte) phases_.first_byte = since(begin);
            if (parser.get().result_int() / 100 == 1) continue;
            // Beast reads into what the buffer has: without this, a long list comes in pieces of 512 bytes. Only now,
            // so that a server that does not answer costs no more than those.
            const auto wanted = std::min(parser.content_length_remaining().value_or(read_size), read_size);
            buffer_.reserve(std::min<std::size_t>(buffer_.size() + wanted, buffer_.max_size()));
            auto [body_error, body_bytes] = co_await http::async_read(stream, buffer_, parser, await);
            // Where the end of the connection ends the body, a TLS peer that skips its close_notify is no error.
            if (body_error == asio::ssl::error::stream_truncated && parser.need_eof()) body_error = {};
            if (body_error) co_return failure_at(stage::body, body_error);
            // What came unasked behind the answer must not be taken for the next one.
            open_ = parser.keep_alive() && buffer_.size() == 0;
            if (!open_) stream_.close();
            co_return reply_of(parser.release(), limits_);
        }
        failure talker{.why = failure::reason::not_http, .at = stage::header, .detail = "only interim answers"};
        co_return talker;
    }

    resolver& names_;
    probe_limits limits_;
    result<tls_context_ptr, failure> tls_context_;
    http_peer peer_;
    steady_clock::time_point deadline_;
    beast::tcp_stream stream_;
    std::optional<tls_stream> tls_;
    beast::flat_buffer buffer_;
    http_phases phases_;
    bool open_ = false;
};

class beast_transport final : public http_transport {
public:
    beast_transport(asio::any_io_executor executor, resolver& names, probe_limits limits)
        : executor_(std::move(executor)), names_(names), limits_(limits) {}

    std::unique_ptr<http_connection> open(http_peer peer, steady_clock::time_point deadline) override {
        auto tls = peer.root.tls ? tls_context(peer) : result<tls_context_ptr, failure>(nullptr);
        return std::make_unique<beast_connection>(executor_, names_, limits_, std::move(tls), std::move(peer),
                                                  deadline);
    }

private:
    /// The common context is made when the first https server is probed; one with a ca_file each time, so that a new
    /// file counts at once.
    result<tls_context_ptr, failure> tls_context(const http_peer& peer) {
        if (peer.ca_file) return make_tls_context(peer.ca_file);
        if (!common_) {
            auto made = make_tls_context(std::nullopt);
            if (!made) return made;
            common_ = *made;
        }
        return common_;
    }

    asio::any_io_executor executor_;
    resolver& names_;
    probe_limits limits_;
    tls_context_ptr common_;
};

}  // namespace

std::unique_ptr<http_transport> make_beast_transport(asio::any_io_executor executor, resolver& names,
                                                     probe_limits limits) {
    return std::make_unique<beast_transport>(std::move(executor), names, limits);
}

}  // namespace opd
