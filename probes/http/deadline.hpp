#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace opd {

/// Calls when a time has passed. It is meant for a time that is moved all the while and seldom passes: to move it to a
/// later one costs nothing. Nothing is called after its end.
class deadline {
public:
    using clock = std::chrono::steady_clock;

    deadline(const boost::asio::any_io_executor&, std::function<void()> on_passed);

    void expire_at(clock::time_point);
    void clear();

    /// The last time that was set has passed.
    bool passed() const { return state_->passed; }

private:
    struct state {
        boost::asio::steady_timer timer;
        std::function<void()> on_passed;
        clock::time_point when = clock::time_point::max();
        clock::time_point armed = clock::time_point::max();  ///< what the timer waits for
        bool passed = false;
    };

    static void arm(const std::shared_ptr<state>&);

    std::shared_ptr<state> state_;
};

}  // namespace opd
