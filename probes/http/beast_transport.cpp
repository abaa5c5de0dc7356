#include "config/model/proxy.hpp"
#include "probes/http/await.hpp"
#include "probes/http/beast_message.hpp"
#include "probes/http/deadline.hpp"
#include "probes/http/idle_pool.hpp"
#include "probes/http/lenient_head.hpp"
#include "probes/http/resolver.hpp"
#include "probes/http/tls.hpp"
#include "probes/http/transport.hpp"
#include "probes/key_policy.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace opd {
namespace {

using response_parser = http::response_parser<http::buffer_body>;
using tls_stream = asio::ssl::stream<beast::tcp_stream&>;

constexpr std::uint64_t read_size = std::uint64_t{64} * 1024;
constexpr std::uint64_t smallest_read = 4096;

/// The time of a step, from its begin until now.
std::chrono::microseconds since(steady_clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin);
}

/// What a connection is good for.
struct connection_key {
    std::string host;
    std::uint16_t port = 0;
    tls_context_ptr trust;               ///< nullptr: no TLS
    bool near_only = false;              ///< it was made for a key in clear, and led to a near address
    std::shared_ptr<const proxy> via{};  ///< nullptr: none
    const void* conversation = nullptr;  ///< the one that may use it; nullptr: any

    bool operator==(const connection_key&) const = default;
};

/// One connection, which stays where it is: TLS refers to TCP.
struct wire {
    explicit wire(const asio::any_io_executor& executor) : tcp(executor), silence(executor, [this] { tcp.cancel(); }) {}

    /// Nothing has come since the last answer, not even the end. What came unasked must not be taken for an answer.
    bool is_idle() {
        char byte = 0;
        return buffer.size() == 0 && ::recv(tcp.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
               errno == EAGAIN;
    }

    beast::tcp_stream tcp;
    std::optional<tls_stream> tls;
    beast::flat_buffer buffer;
    deadline silence;  ///< of a body; Beast's own would be a timer for each part of it
};

/// What its conversations share. Outlives them.
struct beast_transport final : http_transport {
    beast_transport(asio::any_io_executor loop, resolver& resolves, const probe_limits& most)
        : executor(std::move(loop)), names(resolves), limits(most) {}

    std::unique_ptr<http_connection> open(http_peer, http_patience) override;
    void use_proxies(proxy_rules rules) override { proxies = std::move(rules); }

    proxy_rules proxies;
    asio::any_io_executor executor;
    resolver& names;
    probe_limits limits;
    tls_contexts contexts;
    idle_pool<connection_key, wire> idle{executor, 256};
};

class beast_connection final : public http_connection {
public:
    beast_connection(beast_transport& shared, http_peer peer, http_patience patience)
        : shared_(shared), peer_(std::move(peer)), patience_(patience) {
        key_.host = peer_.root.host;
        key_.port = peer_.root.port;
        key_.near_only = !peer_.root.tls && !peer_.key.empty() && !peer_.key_may_travel_in_clear;
        key_.via = shared_.proxies.way_to(peer_.root);
        key_.conversation = patience_.kept_idle.count() == 0 ? this : nullptr;
    }

    ~beast_connection() override {
        if (key_.conversation != nullptr)
            shared_.idle.drop([this](const connection_key& one) { return one.conversation == this; });
    }

    beast_connection(const beast_connection&) = delete;
    beast_connection& operator=(const beast_connection&) = delete;

    asio::awaitable<result<http_head, failure>> open_answer(const http_request& request) override {
        wire_.reset();
        const request_message message = compose(request, peer_, key_.via.get());
        // Operations that are begun too late might still win against their timer.
        if (steady_clock::now() >= patience_.until)
            co_return failure{.why = failure::reason::timed_out, .at = asked_ ? stage::send : stage::connect};
        asked_ = true;
        if (peer_.root.tls) {
            auto trust = co_await shared_.contexts.get(peer_.ca_file);
            if (!trust) co_return trust.error();
            key_.trust = *trust;
        }
        take_idle();
        const bool reused = wire_ != nullptr;
        auto head = co_await attempt(message);
        // A server may end a connection that it kept open at any time; that says nothing about this request (RFC 9112
        // 9.3.1).
        if (reused && is_lost(head) && (request.method == "GET" || request.method == "HEAD")) {
            wire_.reset();
            head = co_await attempt(message);
        }
        if (!head) wire_.reset();
        co_return head;
    }

    asio::awaitable<result<std::size_t, failure>> read_some(std::span<char> into) override {
        if (!wire_) co_return std::size_t{0};
        auto read = wire_->tls ? read_part(*wire_->tls, into) : read_part(wire_->tcp.socket(), into);
        const auto part = co_await std::move(read);
        if (!part || *part == 0) give_back(part.has_value());
        co_return part;
    }

    void cancel() override {
        if (wire_) wire_->tcp.cancel();
    }

    http_phases phases() const override { return phases_; }

private:
    /// The connection went before the answer came.
    static bool is_lost(const result<http_head, failure>& answer) {
        return !answer &&
               (answer.error().why == failure::reason::closed || answer.error().why == failure::reason::unreachable);
    }

    steady_clock::time_point in(http_patience::duration time) const {
        return std::min(patience_.until, steady_clock::now() + time);
    }

    void take_idle() {
        while ((wire_ = shared_.idle.take(key_)) && !wire_->is_idle()) {
        }
    }

    /// After the end of an answer, or a failure.
    void give_back(bool whole) {
        if (whole && parser_->keep_alive() && wire_->buffer.size() == 0) {
            const bool forever = patience_.kept_idle.count() == 0;
            wire_->silence.clear();
            shared_.idle.put(key_, std::move(wire_),
                             forever ? steady_clock::time_point::max() : steady_clock::now() + patience_.kept_idle);
        }
        wire_.reset();
    }

    asio::awaitable<result<http_head, failure>> attempt(const request_message& message) {
        if (!wire_) {
            auto failed = co_await connect();
            if (failed) co_return std::move(*failed);
        }
        wire_->tcp.expires_at(in(patience_.head));
        auto exchanged = wire_->tls ? exchange(*wire_->tls, message) : exchange(wire_->tcp, message);
        auto head = co_await std::move(exchanged);
        co_return head;
    }

    /// A key over plain http may only reach a near address, whatever the name promised; so a connection for a server
    /// with a key is not even made to another.
    bool may_connect_to(const std::string& address) const {
        return peer_.key.empty() || may_carry_key(peer_.root, address, peer_.key_may_travel_in_clear);
    }

    asio::awaitable<std::optional<failure>> connect() {
        wire_ = std::make_unique<wire>(shared_.executor);
        // No line of an answer is longer than a header may be: a chunk's extensions, for one, count against nothing
        // else.
        wire_->buffer.max_size(shared_.limits.header_bytes + read_size);
        phases_ = {};
        const auto deadline = in(patience_.connect);
        auto failed = co_await reach(deadline);
        if (!failed && key_.via && peer_.root.tls) failed = co_await open_tunnel(deadline);
        if (failed && key_.via) failed->proxy = key_.via->origin();
        if (!failed) failed = co_await secure();
        co_return failed;
    }

    /// Connects to the server, or to the proxy before it, which then looks up the server's name.
    asio::awaitable<std::optional<failure>> reach(steady_clock::time_point deadline) {
        const std::string host = key_.via ? key_.via->host : peer_.root.host;
        const std::uint16_t port = key_.via ? key_.via->port : peer_.root.port;
        const failure in_clear{.why = failure::reason::plaintext_key, .at = stage::connect};
        auto begin = steady_clock::now();
        auto addresses = co_await shared_.names.resolve(host, deadline);
        if (!addresses) co_return addresses.error();
        phases_.resolve = since(begin);
        begin = steady_clock::now();
        std::erase_if(*addresses, [&](const auto& address) {
            return !may_connect_to(key_.via ? peer_.root.host : address.to_string());
        });
        if (addresses->empty()) co_return in_clear;
        std::optional<failure> worst;
        for (std::size_t tried = 0; tried != addresses->size(); ++tried) {
            // An address that swallows packets leaves the others their share of the time.
            const auto left = static_cast<int>(addresses->size() - tried);
            const auto now = steady_clock::now();
            wire_->tcp.expires_at(now + (deadline - now) / left);
            const asio::ip::tcp::endpoint endpoint((*addresses)[tried], port);
            auto [error] = co_await wire_->tcp.async_connect(endpoint, await);
            if (!error) {
                phases_.connect = since(begin);
                wire_->tcp.socket().set_option(asio::ip::tcp::no_delay(true), error);
                wire_->tcp.expires_at(deadline);
                co_return std::nullopt;
            }
            const failure here = failure_at(stage::connect, error);
            wire_->tcp.close();
            if (here.why == failure::reason::cancelled) co_return here;
            if (!worst || weight(here.why) > weight(worst->why)) worst = here;
        }
        co_return worst;
    }

    asio::awaitable<std::optional<failure>> open_tunnel(steady_clock::time_point deadline) {
        const request_message message = compose_connect(peer_.root, *key_.via);
        auto exchanged = exchange(wire_->tcp, message);
        auto head = co_await std::move(exchanged);
        phases_.first_byte.reset();
        if (!head) co_return head.error();
        wire_->tcp.expires_at(deadline);
        failure refused{.why = failure::reason::proxy, .at = stage::connect, .detail = std::to_string(head->status)};
        if (head->status / 100 != 2) co_return refused;
        co_return std::nullopt;
    }

    asio::awaitable<std::optional<failure>> secure() {
        if (!peer_.root.tls) co_return std::nullopt;
        tls_stream& tls = wire_->tls.emplace(wire_->tcp, *key_.trust);
        if (!expect_host(tls.native_handle(), peer_.root.host))
            co_return failure{.why = failure::reason::tls, .at = stage::tls, .detail = "the host name is not usable"};
        const auto begin = steady_clock::now();
        auto [error] = co_await tls.async_handshake(asio::ssl::stream_base::client, await);
        if (!error) {
            phases_.tls = since(begin);
            co_return std::nullopt;
        }
        failure failed = failure_at(stage::tls, error);
        if (failed.why == failure::reason::tls || failed.why == failure::reason::closed) {
            failed.why = failure::reason::tls;
            failed.detail = handshake_error(tls.native_handle(), failed.detail);
        }
        co_return failed;
    }

    static std::string_view text_of(const beast::flat_buffer& buffer) {
        return {static_cast<const char*>(buffer.data().data()), buffer.size()};
    }

    /// Until the buffer has the whole head, and as Beast reads it.
    template <class Stream>
    asio::awaitable<error_code> receive_head(Stream& stream) {
        beast::flat_buffer& buffer = wire_->buffer;
        std::size_t size = head_size(text_of(buffer));
        while (size == std::string_view::npos && buffer.size() < shared_.limits.header_bytes) {
            const auto memory = buffer.prepare(smallest_read);
            auto [error, bytes] = co_await stream.async_read_some(memory, await);
            buffer.commit(bytes);
            if (error == asio::error::eof)
                error = buffer.size() == 0 ? http::error::end_of_stream : http::error::partial_message;
            if (error && error != http::error::partial_message) co_return error;
            // What is no HTTP is told at once, and also where it is cut off.
            constexpr std::string_view start = "HTTP/";
            if (text_of(buffer).substr(0, start.size()) != start.substr(0, buffer.size()))
                co_return http::error::bad_version;
            if (error) co_return error;
            size = head_size(text_of(buffer));
        }
        if (size > shared_.limits.header_bytes) co_return http::error::header_limit;
        if (const auto mended = mended_head(text_of(buffer).substr(0, size))) {
            const std::string whole = *mended + std::string(text_of(buffer).substr(size));
            buffer.clear();
            buffer.commit(asio::buffer_copy(buffer.prepare(whole.size()), asio::buffer(whole)));
        }
        co_return error_code();
    }

    template <class Stream>
    asio::awaitable<result<http_head, failure>> exchange(Stream& stream, const request_message& message) {
        const auto begin = steady_clock::now();
        auto [write_error, written] = co_await http::async_write(stream, message, await);
        // A server may answer and close before it has read everything; then its answer is worth more than the write
        // error.
        if (write_error && (write_error == beast::error::timeout || write_error == asio::error::operation_aborted))
            co_return failure_at(stage::send, write_error);
        for (unsigned interim = 0; interim <= shared_.limits.interim_answers; ++interim) {
            response_parser& parser = parser_.emplace();
            parser.header_limit(shared_.limits.header_bytes);
            parser.body_limit(boost::none);
            parser.skip(message.method() == http::verb::head);
            auto received = receive_head(stream);
            error_code error = co_await std::move(received);
            const bool begins_like_http = text_of(wire_->buffer).starts_with("HTTP/");
            if (!error) wire_->buffer.consume(parser.put(wire_->buffer.data(), error));
            if (error) {
                failure failed = failure_at(stage::header, write_error ? write_error : error);
                if (failed.why == failure::reason::not_http && begins_like_http) failed.why = failure::reason::bad_http;
                co_return failed;
            }
            if (!phases_.first_byte) phases_.first_byte = since(begin);
            if (parser.get().result_int() / 100 == 1) continue;
            wire_->tcp.expires_never();
            co_return head_of(parser.get());
        }
        failure talker{.why = failure::reason::not_http, .at = stage::header, .detail = "only interim answers"};
        co_return talker;
    }

    /// Takes from the buffer what is there of the body, until `into` is full.
    error_code parse_part() {
        error_code error;
        beast::flat_buffer& buffer = wire_->buffer;
        while (!error && buffer.size() != 0 && !parser_->is_done() && parser_->get().body().size != 0)
            buffer.consume(parser_->put(buffer.data(), error));
        if (error == http::error::need_more || error == http::error::need_buffer) error = {};
        return error;
    }

    template <class Stream>
    asio::awaitable<result<std::size_t, failure>> read_part(Stream& stream, std::span<char> into) {
        parser_->get().body() = {.data = into.data(), .size = into.size(), .more = true};
        beast::flat_buffer& buffer = wire_->buffer;
        error_code error = parse_part();
        while (!error && parser_->get().body().size == into.size() && !parser_->is_done()) {
            const auto most = std::clamp<std::uint64_t>(into.size(), smallest_read, read_size);
            const auto wanted = std::min(parser_->content_length_remaining().value_or(most), most);
            const auto space = std::min<std::size_t>(wanted, buffer.max_size() - buffer.size());
            if (space == 0) {
                error = http::error::buffer_overflow;
                break;
            }
            wire_->silence.expire_at(in(patience_.silence));
            const auto memory = buffer.prepare(space);
            auto [read_error, bytes] = co_await stream.async_read_some(memory, await);
            buffer.commit(bytes);
            error = wire_->silence.passed() ? beast::error::timeout : read_error;
            // Where the end of the connection ends the body, a TLS peer that skips its close_notify is no error.
            if (error == asio::error::eof || (error == asio::ssl::error::stream_truncated && parser_->need_eof()))
                parser_->put_eof(error = {});
            else if (!error)
                error = parse_part();
        }
        if (error) {
            failure failed = failure_at(stage::body, error);
            if (failed.why == failure::reason::not_http) failed.why = failure::reason::bad_http;
            co_return failed;
        }
        co_return into.size() - parser_->get().body().size;
    }

    beast_transport& shared_;
    http_peer peer_;
    http_patience patience_;
    connection_key key_;
    std::unique_ptr<wire> wire_;  ///< while an answer is under way
    std::optional<response_parser> parser_;
    http_phases phases_;
    bool asked_ = false;
};

std::unique_ptr<http_connection> beast_transport::open(http_peer peer, http_patience patience) {
    return std::make_unique<beast_connection>(*this, std::move(peer), patience);
}

}  // namespace

std::unique_ptr<http_transport> make_beast_transport(asio::any_io_executor executor, resolver& names,
                                                     probe_limits limits) {
    return std::make_unique<beast_transport>(std::move(executor), names, limits);
}

}  // namespace opd
