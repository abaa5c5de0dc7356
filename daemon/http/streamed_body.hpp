#pragma once

#include "daemon/loop/event.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/wire/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace opd::http {

/// A body that is produced while it is sent: the producer's task, and what it has produced and is not on its way yet.
/// What comes while something is sent goes out together, in one part.
class streamed_body final : public wire::body_sink, public std::enable_shared_from_this<streamed_body> {
public:
    streamed_body(boost::asio::any_io_executor, const wire::body_stream&);

    void start();
    /// Cancels the producer and waits for its end, before this may go.
    boost::asio::awaitable<void> stop();

    boost::asio::awaitable<void> write(std::string_view part) override;
    boost::asio::awaitable<void> flush() override;

    /// What is to be sent next, valid until the next call; empty: nothing.
    std::string_view take();

    /// Nothing more will come.
    bool ended() const { return ended_; }

    /// It came to its end as it should.
    bool whole() const { return whole_; }

    /// The exception that it ended in; null: none.
    const std::exception_ptr& bug() const { return bug_; }

    /// Returns when there is something to look at, or after the time of silence: then false.
    boost::asio::awaitable<bool> wait();

    void wake() { wakeup_.cancel(); }

    bool client_left = false;

private:
    static boost::asio::awaitable<void> produce(std::shared_ptr<streamed_body>);

    const wire::body_stream& what_;
    std::string pending_;
    std::string taken_;
    loop::event room_;
    boost::asio::steady_timer wakeup_;
    bool ended_ = false;
    bool whole_ = false;
    std::exception_ptr bug_;
    loop::task_group producing_;
};

}  // namespace opd::http
