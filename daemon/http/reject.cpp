#include "daemon/http/reject.hpp"

#include "daemon/http/answer_head.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <memory>
#include <utility>

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using boost::system::error_code;

namespace opd {
namespace {

constexpr std::size_t read_size = 4096;
constexpr std::size_t max_dropped_bytes = std::size_t{2} << 20;

void send_rejection(stream_protocol::socket& client, std::string_view answer) {
    error_code ignored;
    client.non_blocking(true, ignored);
    // It always fits: nothing has been sent yet.
    client.write_some(asio::buffer(answer), ignored);
    client.shutdown(asio::socket_base::shutdown_send, ignored);
}

/// What has come is read, so that the end of the connection does not overtake the answer. False: the client has gone,
/// or has been heard enough.
bool drop_input(stream_protocol::socket& client, std::size_t& dropped) {
    std::array<char, read_size> unread;
    error_code error;
    while (!error && dropped < max_dropped_bytes)
        dropped += client.read_some(asio::buffer(unread), error);
    return error == asio::error::would_block;
}

}  // namespace

std::string rejection(unsigned status, std::string_view code, std::string_view message) {
    const answer given = refusal(status, code, message);
    std::string text;
    write_answer_head(given, {.over_unix_socket = false, .keep_alive = false}, text);
    return text.append(*given.body->pieces.front());
}

void reject_now(stream_protocol::socket client, std::string_view answer) {
    std::size_t dropped = 0;
    send_rejection(client, answer);
    drop_input(client, dropped);
}

asio::awaitable<void> reject(stream_protocol::socket client, std::string answer, std::chrono::milliseconds time) {
    error_code ignored;
    send_rejection(client, answer);
    const auto deadline = std::chrono::steady_clock::now() + time;
    const auto shared = std::make_shared<stream_protocol::socket>(std::move(client));
    asio::steady_timer patience(shared->get_executor(), deadline);
    patience.async_wait([shared](const error_code& stopped) {
        error_code none;
        if (!stopped) shared->cancel(none);
    });
    std::size_t dropped = 0;
    while (drop_input(*shared, dropped) && std::chrono::steady_clock::now() < deadline) {
        auto [error] = co_await shared->async_wait(asio::socket_base::wait_read, await);
        if (error) break;
    }
    shared->close(ignored);
}

}  // namespace opd
