#include "daemon/http/streamed_body.hpp"

#include "probes/http/await.hpp"

#include <utility>

namespace asio = boost::asio;

namespace opd::http {
namespace {

constexpr std::size_t most_pending = std::size_t{64} * 1024;

}  // namespace

streamed_body::streamed_body(asio::any_io_executor executor, const wire::body_stream& what)
    : what_(what),
      wakeup_(executor),
      producing_(std::move(executor), [this](std::exception_ptr error) { bug_ = std::move(error); }) {}

void streamed_body::start() { producing_.spawn(produce(shared_from_this())); }

asio::awaitable<void> streamed_body::produce(std::shared_ptr<streamed_body> self) {
    try {
        self->whole_ = co_await self->what_.produce(*self);
    } catch (...) {
        self->ended_ = true;
        self->wake();
        throw;
    }
    self->ended_ = true;
    self->wake();
}

asio::awaitable<void> streamed_body::stop() {
    producing_.cancel();
    co_await producing_.join();
}

asio::awaitable<void> streamed_body::write(std::string_view part) {
    pending_ += part;
    wake();
    while (pending_.size() >= most_pending) co_await room_.wait_until(std::chrono::steady_clock::time_point::max());
}

asio::awaitable<void> streamed_body::flush() {
    while (!pending_.empty()) co_await room_.wait_until(std::chrono::steady_clock::time_point::max());
}

std::string_view streamed_body::take() {
    taken_.clear();
    taken_.swap(pending_);
    room_.notify_all();
    return taken_;
}

asio::awaitable<bool> streamed_body::wait() {
    wakeup_.expires_after(what_.silence);
    auto [error] = co_await wakeup_.async_wait(await);
    co_return bool(error);
}

}  // namespace opd::http
