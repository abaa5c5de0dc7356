#pragma once

#include "probes/http/await.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

namespace opd {

/// Connections that nobody uses at the moment, by what they are good for. Each ends when its time is over, and the
/// longest idle one where there are too many.
template <class Key, class Connection>
class idle_pool {
public:
    using time = std::chrono::steady_clock::time_point;

    idle_pool(const boost::asio::any_io_executor& executor, std::size_t most) : timer_(executor), most_(most) {}

    /// The one that was used last; nullptr: there is none.
    std::unique_ptr<Connection> take(const Key& key) {
        const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const idle& one) { return one.key == key; });
        if (found == idle_.rend()) return nullptr;
        auto taken = std::move(found->connection);
        idle_.erase(std::next(found).base());
        close_in_time();
        return taken;
    }

    void put(Key key, std::unique_ptr<Connection> connection, time until) {
        if (idle_.size() == most_) idle_.pop_front();
        idle_.push_back({.key = std::move(key), .connection = std::move(connection), .until = until});
        close_in_time();
    }

    /// Ends those whose key is one that `is_meant` says.
    template <class Predicate>
    void drop(Predicate is_meant) {
        std::erase_if(idle_, [&](const idle& one) { return is_meant(one.key); });
        close_in_time();
    }

    std::size_t size() const { return idle_.size(); }

private:
    struct idle {
        Key key;
        std::unique_ptr<Connection> connection;
        time until;
    };

    void close_in_time() {
        const auto next = idle_.empty() ? time::max() : std::ranges::min_element(idle_, {}, &idle::until)->until;
        if (next == next_) return;
        next_ = next;
        timer_.cancel();
        if (next == time::max()) return;
        timer_.expires_at(next);
        timer_.async_wait([this, here = std::weak_ptr(here_)](const boost::system::error_code& called_off) {
            if (called_off || here.expired()) return;
            std::erase_if(idle_,
                          [now = std::chrono::steady_clock::now()](const idle& one) { return one.until <= now; });
            next_ = time::max();
            close_in_time();
        });
    }

    boost::asio::steady_timer timer_;
    std::size_t most_;
    std::deque<idle> idle_;
    time next_ = time::max();  ///< when the timer is over
    /// A timer that is over may still come when this has gone.
    std::shared_ptr<int> here_ = std::make_shared<int>(0);
};

}  // namespace opd
