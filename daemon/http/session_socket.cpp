#include "daemon/http/session_socket.hpp"

#include "probes/http/await.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace opd::http {
namespace {

constexpr std::chrono::seconds linger_time{1};

}  // namespace

session_socket::session_socket(socket connected, std::chrono::milliseconds take_time)
    : socket_(std::move(connected)),
      take_time_(take_time),
      deadline_(socket_.get_executor(), [this] { cancel(); }),
      never_(socket_.get_executor(), clock::time_point::max()) {
    error_code ignored;
    // So that an answer that fits into the socket's buffer is sent without a turn of the event loop.
    socket_.non_blocking(true, ignored);
}

std::string_view session_socket::received() const {
    const asio::const_buffer data = input.cdata();
    return {static_cast<const char*>(data.data()), data.size()};
}

void session_socket::cancel() {
    error_code ignored;
    socket_.cancel(ignored);
    never_.cancel();
}

void session_socket::shut_down() {
    closing = true;
    if (!busy) cancel();
}

void session_socket::cut_off() {
    is_cut_off = true;
    cancel();
}

void session_socket::wait_until(std::chrono::milliseconds from_now) {
    const auto now = clock::now();
    if (!in_stream) waiting_since_ = now;
    deadline_.expire_at(now + from_now);
}

void session_socket::wait_no_longer() {
    waiting_since_.reset();
    deadline_.clear();
}

asio::awaitable<void> session_socket::let_others_go_first() {
    waiting_since_ = clock::now();
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    waiting_since_.reset();
}

asio::awaitable<error_code> session_socket::read_more(std::size_t at_most) {
    if (!may_wait()) co_return asio::error::operation_aborted;
    auto [error, bytes] = co_await socket_.async_read_some(input.prepare(at_most), await);
    input.commit(bytes);
    co_return error;
}

asio::awaitable<bool> session_socket::write_output() {
    std::size_t first = 0;
    while (first != output.size()) {
        const std::span<const asio::const_buffer> rest = std::span(output).subspan(first);
        error_code error;
        std::size_t written = socket_.write_some(rest, error);
        if (error == asio::error::would_block) {
            wait_until(take_time_);
            if (!may_wait()) co_return false;
            std::tie(error, written) = co_await socket_.async_write_some(rest, await);
            wait_no_longer();
        }
        if (error) {
            reset = true;
            co_return false;
        }
        while (first != output.size() && written >= output[first].size()) written -= output[first++].size();
        if (written != 0) output[first] += written;
    }
    co_return true;
}

std::string session_socket::write_at_once() {
    error_code error;
    std::size_t written = socket_.write_some(output, error);
    std::string rest;
    for (const asio::const_buffer& one : output) {
        const std::size_t gone = std::min(written, one.size());
        rest.append(static_cast<const char*>(one.data()) + gone, one.size() - gone);
        written -= gone;
    }
    return rest;
}

asio::awaitable<void> session_socket::wait_for_end() {
    error_code ended = asio::error::would_block;
    while (ended == asio::error::would_block) {
        auto [error] = co_await socket_.async_wait(socket::wait_read, await);
        if (error) co_return;
        std::array<char, 1> next;
        socket_.receive(asio::buffer(next), socket::message_peek, ended);
    }
    if (ended) co_return;
    co_await never_.async_wait(await);
}

asio::awaitable<void> session_socket::hang_up(std::size_t unread) {
    error_code ignored;
    busy = false;
    if (reset || is_cut_off) {
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        socket_.close(ignored);  // the destructor would take the option back
        co_return;
    }
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    if (unread == 0) co_return;
    std::vector<char> rest(read_size);
    wait_until(linger_time);
    for (std::size_t seen = 0; seen < unread && may_wait();) {
        auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(rest), await);
        if (error) break;
        seen += bytes;
    }
}

}  // namespace opd::http
