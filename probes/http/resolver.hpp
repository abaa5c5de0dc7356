#pragma once

#include "config/base/result.hpp"
#include "probes/http/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace opd {

/// Turns host names into addresses without ever blocking the event loop: getaddrinfo cannot be interrupted, so it runs
/// on a few threads of its own, and whoever waits leaves at his own deadline. A look-up that never returns costs its
/// thread, nobody's time.
class resolver {
public:
    using addresses = std::vector<boost::asio::ip::address>;
    /// A blocking look-up, called on a thread of the pool.
    using look_up = std::function<result<addresses, failure>(const std::string& host)>;

    /// getaddrinfo(3), in the order of RFC 6724.
    static result<addresses, failure> system_look_up(const std::string& host);

    /// Runs a function on a thread of its own, which nobody joins. Throws std::system_error where none can be had.
    using thread_starter = std::function<void(std::function<void()>)>;
    static void start_thread(std::function<void()>);

    /// At most `max_threads` look-ups run at once; threads are started when needed and end when idle.
    explicit resolver(boost::asio::any_io_executor, look_up = system_look_up, unsigned max_threads = 16,
                      thread_starter = start_thread);
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;
    /// Does not wait for look-ups under way.
    ~resolver();

    /// Literal addresses and `localhost` (127.0.0.1, then ::1) cost no look-up; callers that ask for one name at the
    /// same time share one. At the deadline: `timed_out`.
    boost::asio::awaitable<result<addresses, failure>> resolve(std::string host,
                                                               std::chrono::steady_clock::time_point deadline);

private:
    struct pool;
    struct pending;

    void start(const std::string& host);
    static void work(const std::shared_ptr<pool>&);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<pool> pool_;
    unsigned max_threads_;
    thread_starter start_thread_;
};

}  // namespace opd
