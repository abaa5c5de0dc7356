#include "tests/support/http_fixture/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>

#include <sys/socket.h>

namespace opd::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto await = asio::as_tuple(asio::use_awaitable);
using tls_stream = asio::ssl::stream<tcp::socket>;

tcp::socket& socket_of(tcp::socket& socket) { return socket; }

tcp::socket& socket_of(tls_stream& stream) { return stream.next_layer(); }

bool peer_has_left(tcp::socket& socket) {
    char byte = 0;
    return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

asio::awaitable<bool> shake_hands(tcp::socket&) { co_return true; }

asio::awaitable<bool> shake_hands(tls_stream& stream) {
    const auto [error] = co_await stream.async_handshake(tls_stream::server, await);
    co_return !error;
}

asio::awaitable<void> say_goodbye(tcp::socket&) { co_return; }

asio::awaitable<void> say_goodbye(tls_stream& stream) {
    const auto limit = std::make_shared<asio::steady_timer>(stream.get_executor(), std::chrono::seconds(1));
    limit->async_wait([&stream, limit](boost::system::error_code error) {
        if (!error) stream.next_layer().cancel(error);
    });
    co_await stream.async_shutdown(await);
    // A wait that is already due cannot be cancelled any more and would meet a stream that is gone.
    if (limit->cancel() == 0) co_await asio::post(stream.get_executor(), asio::use_awaitable);
}

std::string asked_name(const tcp::socket&) { return {}; }

std::string asked_name(tls_stream& stream) {
    const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
    return name != nullptr ? name : "";
}

template <class Stream>
class stream_wire final : public wire {
public:
    explicit stream_wire(Stream stream) : stream_(std::move(stream)) {
        boost::system::error_code ignored;
        socket_of(stream_).set_option(tcp::no_delay(true), ignored);
    }

    asio::awaitable<bool> handshake() override { return shake_hands(stream_); }

    asio::awaitable<std::size_t> read_some(std::span<char> into) override {
        const auto buffer = asio::buffer(into.data(), into.size());
        const auto [error, bytes] = co_await stream_.async_read_some(buffer, await);
        co_return error ? 0 : bytes;
    }

    asio::awaitable<bool> write(std::string_view bytes) override {
        const auto buffer = asio::buffer(bytes);
        const auto [error, written] = co_await asio::async_write(stream_, buffer, await);
        co_return !error;
    }

    asio::awaitable<void> close() override {
        boost::system::error_code ignored;
        co_await say_goodbye(stream_);
        socket_of(stream_).shutdown(tcp::socket::shutdown_both, ignored);
        socket_of(stream_).close(ignored);
    }

    void abort() override {
        boost::system::error_code ignored;
        socket_of(stream_).set_option(tcp::socket::linger(true, 0), ignored);
        socket_of(stream_).close(ignored);
    }

    asio::awaitable<void> wait_until_gone() override {
        std::array<char, 4096> ignored;
        const auto buffer = asio::buffer(ignored);
        bool there = true;
        while (there) {
            const auto [error, bytes] = co_await socket_of(stream_).async_read_some(buffer, await);
            there = !error;
        }
    }

    asio::awaitable<bool> pause(std::chrono::milliseconds duration) override {
        auto& socket = socket_of(stream_);
        // The wait's handler may run after this coroutine went on, so it shares the timer and looks at nothing else
        // once it was cancelled.
        const auto timer = std::make_shared<asio::steady_timer>(socket.get_executor(), duration);
        const auto left = std::make_shared<bool>(false);
        socket.async_wait(tcp::socket::wait_read, [&socket, timer, left](boost::system::error_code error) {
            if (error || *left || timer->expiry() <= std::chrono::steady_clock::now() || !peer_has_left(socket)) return;
            *left = true;
            timer->cancel();
        });
        co_await timer->async_wait(await);
        boost::system::error_code ignored;
        socket.cancel(ignored);
        co_return !*left;
    }

    std::string server_name() const override { return asked_name(stream_); }

private:
    mutable Stream stream_;
};

}  // namespace

std::unique_ptr<wire> plain_wire(tcp::socket socket) {
    return std::make_unique<stream_wire<tcp::socket>>(std::move(socket));
}

std::unique_ptr<wire> tls_wire(tcp::socket socket, asio::ssl::context& context) {
    return std::make_unique<stream_wire<tls_stream>>(tls_stream(std::move(socket), context));
}

}  // namespace opd::test
