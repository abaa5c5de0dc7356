#include "daemon/http/streamed_body.hpp"

#include "probes/http/await.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <utility>

namespace asio = boost::asio;

namespace opd::http {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace

streamed_body::streamed_body(session_socket& socket, const wire::body_stream& what, bool chunked)
    : socket_(socket), what_(what), chunked_(chunked), silence_(socket.executor(), [this] { beat(); }) {}

asio::awaitable<bool> streamed_body::send() {
    using namespace asio::experimental::awaitable_operators;
    if (what_.heartbeat) silence_.expire_at(deadline::clock::now() + what_.silence);
    const auto first = co_await (produce() || socket_.wait_for_end());
    silence_.clear();
    const bool left = first.index() == 1;
    if (bug_ && !left) std::rethrow_exception(bug_);
    // An endless one is ended by the daemon.
    const bool ends = left && what_.endless && socket_.closing && !socket_.is_cut_off && !socket_.reset;
    if (!ends && (left || !whole_)) {
        // A client of HTTP/1.0 knows by a reset alone that what it got is not all.
        if (left || !chunked_) socket_.reset = true;
        co_return false;
    }
    put({});
    if (chunked_) socket_.output.emplace_back(asio::buffer(last_chunk));
    const bool sent = co_await socket_.write_output();
    co_return sent;
}

asio::awaitable<void> streamed_body::produce() {
    try {
        whole_ = co_await what_.produce(*this);
    } catch (...) {
        bug_ = std::current_exception();
    }
}

/// The next output: what a heartbeat has left, and then this.
void streamed_body::put(std::string_view part) {
    socket_.output.clear();
    if (!owed_.empty()) socket_.output.emplace_back(asio::buffer(owed_));
    if (part.empty()) return;
    if (!chunked_) {
        socket_.output.emplace_back(asio::buffer(part));
        return;
    }
    chunk_head_.clear();
    fmt::format_to(std::back_inserter(chunk_head_), "{:x}\r\n", part.size());
    socket_.output.emplace_back(asio::buffer(chunk_head_));
    socket_.output.emplace_back(asio::buffer(part));
    socket_.output.emplace_back(asio::buffer(line_end));
}

asio::awaitable<void> streamed_body::write(std::string_view part) {
    if (part.empty()) co_return;
    put(part);
    writing_ = true;
    const bool sent = co_await socket_.write_output();
    writing_ = false;
    owed_.clear();
    if (what_.heartbeat) silence_.expire_at(deadline::clock::now() + what_.silence);
    if (sent) co_return;
    // Who waits for the client's end cancels the producer, which is here.
    socket_.cut_off();
    asio::steady_timer never(socket_.executor(), deadline::clock::time_point::max());
    co_await never.async_wait(await);
}

/// Nothing has come for so long. A client that has not even taken what was sent is not silent but slow.
void streamed_body::beat() {
    if (!writing_) {
        const std::string sign = owed_.empty() ? what_.heartbeat() : std::string();
        put(sign);
        owed_ = socket_.write_at_once();
    }
    silence_.expire_at(deadline::clock::now() + what_.silence);
}

}  // namespace opd::http
