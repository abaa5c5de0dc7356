#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include <time.h>

namespace opd::test {

/// Under the sanitizers everything takes several times as long: there tests count turns of the loop, not time.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool time_counts = false;
#elif defined(__has_feature)
inline constexpr bool time_counts = !__has_feature(address_sanitizer);
#else
inline constexpr bool time_counts = true;
#endif

/// Asks for its turn on an event loop again and again, from its making until it goes, and knows how long it has had to
/// wait: what holds the loop holds the ticker. Time is that of the thread's processor, so that a busy machine does not
/// count; a thread that sleeps is not seen. It keeps io_context::run() from returning.
class loop_ticker {
public:
    explicit loop_ticker(boost::asio::any_io_executor loop) : state_(std::make_shared<state>(std::move(loop))) {
        tick(state_);
    }

    loop_ticker(const loop_ticker&) = delete;
    loop_ticker& operator=(const loop_ticker&) = delete;

    ~loop_ticker() { stop(); }

    void stop() { state_->stopped = true; }

    /// The longest time between two of its turns.
    std::chrono::nanoseconds longest_wait() const { return state_->longest; }

    std::size_t turns() const { return state_->turns; }

private:
    struct state {
        explicit state(boost::asio::any_io_executor on) : loop(std::move(on)) {}

        boost::asio::any_io_executor loop;
        std::chrono::nanoseconds last{0};
        std::chrono::nanoseconds longest{0};
        std::size_t turns = 0;
        bool stopped = false;
    };

    static std::chrono::nanoseconds thread_time() {
        timespec used{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    }

    static void tick(const std::shared_ptr<state>& shared) {
        boost::asio::post(shared->loop, [shared] {
            if (shared->stopped) return;
            const auto now = thread_time();
            if (shared->turns++ != 0) shared->longest = std::max(shared->longest, now - shared->last);
            shared->last = now;
            tick(shared);
        });
    }

    std::shared_ptr<state> state_;
};

}  // namespace opd::test
