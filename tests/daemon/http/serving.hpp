#pragma once

#include "daemon/event.hpp"
#include "daemon/http/listener.hpp"
#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/recorded_log.hpp"
#include "tests/support/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace opd::test {

/// Tells what it was asked, in words. `/slow` is answered when released, `/big` is 16 MiB, `/missing` is a 405 with
/// Allow, `/known` a 304, `/tagged` has a tag, `/created` is a 201 with the tag and the place of what was made,
/// `/if-match` repeats that header, `/bug` throws.
class echo final : public request_handler {
public:
    static constexpr std::size_t big_piece = std::size_t{8} << 20U;

    boost::asio::awaitable<answer> handle(const request& asked) override {
        if (asked.target == "/slow") {
            entered_.set_value();
            co_await release_.wait_until(std::chrono::steady_clock::time_point::max());
        }
        if (asked.target == "/bug") throw std::logic_error("a bug of the handler");
        answer given;
        if (asked.target == "/missing") {
            given.status = 405;
            given.allow = "GET, HEAD";
        }
        if (asked.target == "/known") given.status = 304;
        if (asked.target == "/created") {
            given.status = 201;
            given.etag = "\"i-1\"";
            given.location = "/made/it";
        }
        given.page_origin = asked.origin;
        given.tagged = asked.target == "/tagged" || asked.target == "/known";
        if (asked.target == "/big") {
            const auto piece = std::make_shared<const std::string>(big_piece, 'x');
            given.body = make_document({piece, piece});
        } else if (asked.target == "/if-match") {
            given.body = make_document(asked.if_match ? fmt::format("({})", *asked.if_match) : std::string("none"));
        } else {
            given.body =
                make_document(fmt::format("{} {} host={} type={} body={} unix={}", asked.method, asked.target,
                                          asked.host, asked.content_type, shown(asked.body), asked.over_unix_socket));
        }
        co_return given;
    }

    /// Clients on other machines must say `yes`.
    std::optional<answer> refuse_unread(const request& asked) override {
        if (asked.authorization == "yes") return std::nullopt;
        answer refused{.status = 401, .body = make_document(std::string("say yes"))};
        refused.authenticate = "Bearer";
        refused.close = true;
        return refused;
    }

    /// A request for `/slow` is in the handler. Once only.
    std::future<void> entered() { return entered_.get_future(); }

    /// On the loop's thread.
    void release() { release_.notify_all(); }

private:
    static std::string shown(std::string_view body) {
        return body.size() <= 40 ? std::string(body) : fmt::format("({} bytes)", body.size());
    }

    std::promise<void> entered_;
    event release_;
};

/// A listener that serves the echo on a thread of its own. When the object goes, it is shut down and joined.
class serving {
public:
    explicit serving(const session_limits& limits = {}) : serving(listener_settings{.each = limits, .all = {}}) {}

    explicit serving(listener_settings settings)
        : listener_(loop_.get_executor(), handler, log.logger(), std::move(settings)) {}

    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;

    ~serving() {
        if (!thread_.joinable()) return;
        boost::asio::post(loop_, [this] { listener_.cancel(); });
        shut_down();
        work_.reset();
        thread_.join();
    }

    /// Before start().
    listener& listening() { return listener_; }

    /// Listens on a free port of 127.0.0.1, and starts.
    std::uint16_t start_on_tcp() {
        const auto bound = listener_.listen(boost::asio::ip::tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
        if (!bound.has_value()) throw std::runtime_error(bound.error().what.message);
        start();
        return bound->port();
    }

    void start() {
        listener_.start();
        thread_ = std::thread([this] { loop_.run(); });
    }

    void on_loop(std::function<void()> what) { boost::asio::post(loop_, std::move(what)); }

    /// Returns once the loop has come to what was asked of it before.
    void catch_up() {
        std::promise<void> reached;
        on_loop([&] { reached.set_value(); });
        reached.get_future().wait();
    }

    /// Begins to shut down; the future is ready when all sessions have ended.
    std::shared_future<void> shut_down() {
        on_loop([this] { shut_down_now(); });
        return ended_;
    }

    /// The same, on the loop's thread.
    void shut_down_now() {
        if (std::exchange(shutting_down_, true)) return;
        listener_.shut_down();
        boost::asio::co_spawn(loop_, listener_.join(), [this](std::exception_ptr) { all_ended_.set_value(); });
    }

private:
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};

public:
    echo handler;
    recorded_log log;

private:
    listener listener_;
    bool shutting_down_ = false;
    std::promise<void> all_ended_;
    std::shared_future<void> ended_{all_ended_.get_future()};
    std::thread thread_;
};

inline http_client client_on(std::uint16_t port) {
    return http_client::over_tcp("127.0.0.1", port);
}

/// It has happened in time.
template <class Future>
bool happens(const Future& what) {
    return what.wait_for(longest_wait) == std::future_status::ready;
}

}  // namespace opd::test
