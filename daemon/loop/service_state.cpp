#include "daemon/loop/service_state.hpp"

#include "daemon/loop/log.hpp"
#include "probes/http/await.hpp"
#include "systemd/service.hpp"

#include <exception>
#include <utility>

namespace asio = boost::asio;
using std::chrono::microseconds;

namespace opd::loop {
namespace {

/// Of what changes within this time the manager is told once.
constexpr std::chrono::milliseconds coalescing_time{100};

}  // namespace

service_state::service_state(asio::any_io_executor executor, std::function<std::string()> status, spdlog::logger& log)
    : status_(std::move(status)),
      tasks_(executor, [&log](const std::exception_ptr& error) { log_bug(log, "telling the service manager", error); }),
      moment_(executor),
      next_meal_(executor) {}

void service_state::ready() {
    ready_ = true;
    told_ = status_();
    systemd::notify_ready(told_);
    const microseconds time = systemd::watchdog_time();
    // Half of the time, as sd_watchdog_enabled(3) recommends.
    if (time > microseconds(0)) tasks_.spawn(feed(time / 2));
}

void service_state::reload_begins() {
    if (!ready_ || std::exchange(reloading_, true)) return;
    systemd::notify_reloading();
}

void service_state::settled() {
    if (!std::exchange(reloading_, false)) return status_changed();
    told_ = status_();
    systemd::notify_ready(told_);
}

void service_state::status_changed() {
    if (ready_ && !std::exchange(about_to_tell_, true)) tasks_.spawn(tell_later());
}

asio::awaitable<void> service_state::tell_later() {
    moment_.expires_after(coalescing_time);
    co_await moment_.async_wait(await);
    about_to_tell_ = false;
    std::string now = status_();
    if (!ready_ || now == told_) co_return;
    told_ = std::move(now);
    systemd::notify_status(told_);
}

/// Fed by the event loop itself: one that is stuck is not fed.
asio::awaitable<void> service_state::feed(microseconds pause) {
    for (;;) {
        systemd::feed_watchdog();
        next_meal_.expires_after(pause);
        const auto [error] = co_await next_meal_.async_wait(await);
        if (error) co_return;
    }
}

void service_state::stopping() {
    ready_ = false;
    reloading_ = false;
    systemd::notify_stopping();
}

void service_state::stop() { tasks_.cancel(); }
asio::awaitable<void> service_state::join() { co_await tasks_.join(); }

}  // namespace opd::loop
