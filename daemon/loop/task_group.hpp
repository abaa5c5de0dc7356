#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <functional>
#include <list>

namespace opd::loop {

/// The owner of spawned coroutines: it can cancel them all, and waits for their end. Lives on the event loop's thread,
/// longer than its tasks.
class task_group {
public:
    /// `failed` hears of every exception but `operation_aborted` that ends a task: a bug, since expected failures are
    /// results.
    task_group(boost::asio::any_io_executor, std::function<void(std::exception_ptr)> failed);
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    void spawn(boost::asio::awaitable<void> task);
    /// Cancels what runs now (`terminal`); what is spawned later is not touched.
    void cancel();
    /// Waits until no task is left.
    boost::asio::awaitable<void> join();

    std::size_t size() const { return tasks_.size(); }

private:
    boost::asio::any_io_executor executor_;
    std::function<void(std::exception_ptr)> failed_;
    std::list<boost::asio::cancellation_signal> tasks_;
    boost::asio::steady_timer empty_;
};

}  // namespace opd::loop
