#pragma once

#include "daemon/http/listener.hpp"
#include "daemon/http/session.hpp"
#include "daemon/loop/event.hpp"
#include "tests/daemon/event_loop.hpp"
#include "tests/daemon/recorded_log.hpp"
#include "tests/support/http_client.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace opd::test {

/// Tells what it was asked, in words. `/slow`, `/hers` and `/streams` are answered when released, `/hers` to
/// the client alone, `/streams` as one of the streams,
/// `/big` is 16 MiB, `/missing` is a 405 with Allow, `/known` a 304, `/tagged` has a tag, `/created` is a 201 with the
/// tag and the place of what was made,
/// `/if-match` repeats that header, `/bug` throws.
class echo final : public wire::request_handler {
public:
    static constexpr std::size_t big_piece = std::size_t{8} << 20U;

    /// Clients on other machines must say `yes`. A body for `/large` may have 64 KiB, one for `/hasty` has 50 ms.
    std::variant<wire::answer, wire::accepted_request> accept(const wire::request& head) override {
        if (head.needs_token && head.authorization != "yes") {
            wire::answer refused{.status = 401, .body = wire::make_document(std::string("say yes"))};
            refused.authenticate = "Bearer";
            refused.close = true;
            return refused;
        }
        if (head.target == "/no") return wire::answer{.status = 404, .body = wire::make_document(std::string("no"))};
        wire::accepted_request accepted{.respond = [this](const wire::request& asked) -> wire::reply {
            if (asked.target == "/stream") return streamed;
            return handle(asked);
        }};
        if (head.target == "/large") accepted.body_bytes = std::size_t{64} * 1024;
        accepted.ends_with_client = head.target == "/hers";
        accepted.streams = head.target == "/streams";
        if (head.target == "/hasty") accepted.body_time = std::chrono::milliseconds(50);
        return accepted;
    }

    boost::asio::awaitable<wire::answer> handle(const wire::request& asked) {
        if (asked.target == "/slow" || asked.target == "/hers" || asked.target == "/streams") {
            entered_.set_value();
            const presence here(answering);
            co_await release_.wait_until(std::chrono::steady_clock::time_point::max());
        }
        if (asked.target == "/bug") throw std::logic_error("a bug of the handler");
        wire::answer given;
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
            given.body = wire::make_document({piece, piece});
        } else if (asked.target == "/if-match") {
            given.body =
                wire::make_document(asked.if_match ? fmt::format("({})", *asked.if_match) : std::string("none"));
        } else {
            given.body = wire::make_document(fmt::format("{} {} host={} type={} body={} unix={}", asked.method,
                                                         asked.target, asked.host, asked.content_type,
                                                         shown(asked.body), asked.over_unix_socket));
        }
        co_return given;
    }

    wire::answer streamed;  ///< what `/stream` is answered
    int answering = 0;      ///< so many wait to be released

    /// A request for `/slow` is in the handler. Once only.
    std::future<void> entered() { return entered_.get_future(); }

    /// On the loop's thread.
    void release() { release_.notify_all(); }

private:
    struct presence {
        explicit presence(int& count) : count_(count) { ++count_; }
        presence(const presence&) = delete;
        presence& operator=(const presence&) = delete;
        ~presence() { --count_; }

    private:
        int& count_;
    };

    static std::string shown(std::string_view body) {
        return body.size() <= 40 ? std::string(body) : fmt::format("({} bytes)", body.size());
    }

    std::promise<void> entered_;
    loop::event release_;
};

/// A listener that serves the echo on a thread of its own. When the object goes, it is shut down and joined.
class serving {
public:
    explicit serving(const http::session_limits& limits = {})
        : serving(http::listener_settings{.each = limits, .all = {}}) {}

    explicit serving(http::listener_settings settings)
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
    http::listener& listening() { return listener_; }

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
    http::listener listener_;
    bool shutting_down_ = false;
    std::promise<void> all_ended_;
    std::shared_future<void> ended_{all_ended_.get_future()};
    std::thread thread_;
};

/// A session on this thread, and the client's end of its connection.
struct lone_session {
    explicit lone_session(const http::session_limits& limits = {}, const http::session_totals& all = {}) : totals(all) {
        boost::asio::local::stream_protocol::socket ours(loop);
        boost::asio::local::connect_pair(ours, client);
        served =
            http::make_session(std::move(ours), handler, wire::connection{.over_unix_socket = true}, limits, totals);
        serving.emplace(loop, served->run());
    }

    void send(std::string_view bytes) {
        boost::asio::write(client, boost::asio::buffer(bytes));
        settle(loop);
    }

    std::string take() {
        std::string taken(client.available(), '\0');
        boost::asio::read(client, boost::asio::buffer(taken));
        return taken;
    }

    boost::asio::io_context loop{1};
    echo handler;
    http::session_totals totals;
    boost::asio::local::stream_protocol::socket client{loop};
    std::shared_ptr<http::session> served;
    std::optional<background> serving;
};

inline http_client client_on(std::uint16_t port) { return http_client::over_tcp("127.0.0.1", port); }

/// It has happened in time.
template <class Future>
bool happens(const Future& what) {
    return what.wait_for(longest_wait) == std::future_status::ready;
}

}  // namespace opd::test
