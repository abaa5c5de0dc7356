#include "daemon/loop/event.hpp"

#include "probes/http/await.hpp"

#include <boost/asio/this_coro.hpp>

namespace asio = boost::asio;

namespace opd::loop {

asio::awaitable<bool> event::wait_until(std::chrono::steady_clock::time_point deadline) {
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
    waiter self{.timer = timer, .notified = false};
    waiters_.push_back(&self);
    co_await timer.async_wait(await);
    std::erase(waiters_, &self);
    co_return self.notified;
}

void event::notify_all() {
    for (waiter* one : waiters_) {
        one->notified = true;
        one->timer.cancel();
    }
}

}  // namespace opd::loop
