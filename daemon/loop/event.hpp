#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <vector>

namespace opd::loop {

/// A condition variable of the event loop: coroutines wait until something has happened, or until their own deadline.
class event {
public:
    /// True if `notify_all` woke us, false at the deadline. The event must live until then.
    boost::asio::awaitable<bool> wait_until(std::chrono::steady_clock::time_point deadline);
    void notify_all();

private:
    struct waiter {
        boost::asio::steady_timer& timer;
        bool notified;
    };

    std::vector<waiter*> waiters_;
};

}  // namespace opd::loop
