#include "daemon/loop/task_group.hpp"

#include "probes/http/await.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace opd::loop {
namespace {

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& failed) {
        return failed.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

task_group::task_group(asio::any_io_executor executor, std::function<void(std::exception_ptr)> failed)
    : executor_(std::move(executor)),
      failed_(std::move(failed)),
      empty_(executor_, asio::steady_timer::time_point::max()) {}

void task_group::spawn(asio::awaitable<void> task) {
    tasks_.emplace_back();
    const auto self = std::prev(tasks_.end());
    auto done = [this, self](std::exception_ptr error) {
        // Its signal outlives it by a turn of the loop: Asio's co_spawn may have queued a cancellation that points to
        // it.
        std::list<asio::cancellation_signal> ended;
        ended.splice(ended.end(), tasks_, self);
        asio::post(executor_, [kept = std::move(ended)] {});
        if (tasks_.empty()) empty_.cancel();
        if (error && !is_cancellation(error)) failed_(std::move(error));
    };
    asio::co_spawn(executor_, std::move(task), asio::bind_cancellation_slot(self->slot(), std::move(done)));
}

void task_group::cancel() {
    // A task may end, and so leave the list, while its signal is emitted.
    for (auto task = tasks_.begin(); task != tasks_.end();) (task++)->emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> task_group::join() {
    while (!tasks_.empty()) co_await empty_.async_wait(await);
}

}  // namespace opd::loop
