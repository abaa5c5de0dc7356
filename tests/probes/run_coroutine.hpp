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

/// Runs one coroutine to its end and returns its result; what it throws is thrown here. std::runtime_error where it
/// takes more than a minute.
template <class T>
T run_coroutine(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
    std::exception_ptr error;
    std::optional<T> out;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
        error = thrown;
        out.emplace(std::move(value));
        io.stop();
    });
    io.restart();
    io.run_for(std::chrono::minutes(1));
    if (!out) throw std::runtime_error("the coroutine has not come to an end");
    if (error) std::rethrow_exception(error);
    return std::move(*out);
}

}  // namespace opd::test
