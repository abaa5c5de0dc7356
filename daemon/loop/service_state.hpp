#pragma once

#include "daemon/loop/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/fwd.h>

#include <chrono>
#include <functional>
#include <string>

namespace opd::loop {

/// What the service manager is told of the daemon, and keeps true: ready, reloading, its line of status, and that the
/// event loop turns. Costs no wake-up but those of the watchdog, where the manager wants one.
class service_state {
public:
    /// `status` makes the line (systemd::status_text).
    service_state(boost::asio::any_io_executor, std::function<std::string()> status, spdlog::logger&);

    /// The API answers.
    void ready();
    /// A reload has begun, until settled(); told once.
    void reload_begins();
    /// Whatever reload was under way has ended.
    void settled();
    /// The status may be another one: it is told a moment later, so that a sweep of many servers is one message.
    void status_changed();
    /// Says that the daemon stops; from then on nothing more is told.
    void stopping();
    /// Ends its tasks; join() waits for that.
    void stop();
    boost::asio::awaitable<void> join();

private:
    boost::asio::awaitable<void> feed(std::chrono::microseconds pause);
    boost::asio::awaitable<void> tell_later();

    std::function<std::string()> status_;
    task_group tasks_;
    boost::asio::steady_timer moment_;
    boost::asio::steady_timer next_meal_;
    std::string told_;
    bool ready_ = false;
    bool reloading_ = false;
    bool about_to_tell_ = false;
};

}  // namespace opd::loop
