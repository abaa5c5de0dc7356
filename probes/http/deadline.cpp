#include "probes/http/deadline.hpp"

#include <utility>

namespace opd {

deadline::deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_passed)
    : state_(std::make_shared<state>(
          state{.timer = boost::asio::steady_timer(executor), .on_passed = std::move(on_passed)})) {}

void deadline::expire_at(clock::time_point when) {
    state_->when = when;
    state_->passed = false;
    if (state_->when < state_->armed) arm(state_);
}

void deadline::clear() {
    state_->when = clock::time_point::max();
    state_->passed = false;
}

void deadline::arm(const std::shared_ptr<state>& mine) {
    mine->armed = mine->when;
    mine->timer.expires_at(mine->when);
    mine->timer.async_wait([weak = std::weak_ptr(mine)](const boost::system::error_code& error) {
        const std::shared_ptr<state> still = weak.lock();
        if (error || !still) return;
        still->armed = clock::time_point::max();
        if (still->when == clock::time_point::max()) return;
        if (still->when > clock::now()) return arm(still);
        still->passed = true;
        still->on_passed();
    });
}

}  // namespace opd
