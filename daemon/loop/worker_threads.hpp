#pragma once

#include "daemon/loop/event.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace opd::loop {

/// Where work is done that would hold up the event loop: files, and whatever takes longer than a moment.
class worker_threads {
public:
    /// Waits for the work that is under way. The event loop must still be there.
    ~worker_threads() { pool_.join(); }

    /// Does the work on another thread, and returns what it returns, or throws. Works side by side, and is brought to
    /// its end even if nobody waits for it any more: so it holds values, or what is shared and never changed.
    template <class Work>
    boost::asio::awaitable<std::invoke_result_t<Work&>> run(Work work) {
        const auto loop = co_await boost::asio::this_coro::executor;
        const auto mine = std::make_shared<job<Work>>(std::move(work));
        // The thread gives its part of the work away: whatever that holds must go on the loop, also where nobody waits.
        boost::asio::post(pool_, [given = mine, loop]() mutable {
            given->run();
            boost::asio::post(loop, [mine = std::move(given)] {
                mine->has_ended = true;
                mine->end.notify_all();
            });
        });
        while (!mine->has_ended) co_await mine->end.wait_until(std::chrono::steady_clock::time_point::max());
        if (mine->bug) std::rethrow_exception(mine->bug);
        co_return std::move(*mine->outcome);
    }

private:
    template <class Work>
    struct job {
        explicit job(Work what) : work(std::move(what)) {}

        void run() {
            try {
                outcome.emplace(work());
            } catch (...) {
                bug = std::current_exception();
            }
        }

        Work work;
        std::optional<std::invoke_result_t<Work&>> outcome;
        std::exception_ptr bug;
        bool has_ended = false;  ///< the loop's, as is `end`
        event end;
    };

    // So that the reading of a small file does not wait until a large configuration has been parsed.
    boost::asio::thread_pool pool_{2};
};

}  // namespace opd::loop
