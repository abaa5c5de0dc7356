#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace opd::test {

/// How long a test waits for what must happen.
inline constexpr std::chrono::seconds longest_wait{20};

/// Runs the loop on this thread until the condition holds; false if it does not in time.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + longest_wait;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        if (loop.stopped()) loop.restart();
        loop.run_one_for(std::chrono::milliseconds(2));
    }
    return true;
}

/// Runs everything that needs no waiting.
inline void settle(boost::asio::io_context& loop) {
    loop.restart();
    loop.poll();
}

/// Runs a coroutine on this thread until its end; its exceptions come out here.
template <class T>
T run(boost::asio::io_context& loop, boost::asio::awaitable<T> task) {
    std::optional<T> value;
    std::exception_ptr thrown;
    bool ended = false;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T got) {
        thrown = std::move(error);
        value.emplace(std::move(got));
        ended = true;
    });
    if (!run_until(loop, [&] { return ended; })) throw std::runtime_error("the coroutine did not end");
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*value);
}

inline void run(boost::asio::io_context& loop, boost::asio::awaitable<void> task) {
    std::exception_ptr thrown;
    bool ended = false;
    boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) {
        thrown = std::move(error);
        ended = true;
    });
    if (!run_until(loop, [&] { return ended; })) throw std::runtime_error("the coroutine did not end");
    if (thrown) std::rethrow_exception(thrown);
}

/// Starts a coroutine and tells when it has ended. Must outlive it.
class background {
public:
    background(boost::asio::io_context& loop, boost::asio::awaitable<void> task) {
        boost::asio::co_spawn(loop, std::move(task), [this](std::exception_ptr error) {
            thrown_ = std::move(error);
            ended_ = true;
        });
    }

    background(const background&) = delete;
    background& operator=(const background&) = delete;

    bool ended() const { return ended_; }

    bool failed() const { return thrown_ != nullptr; }

private:
    std::exception_ptr thrown_;
    bool ended_ = false;
};

}  // namespace opd::test
