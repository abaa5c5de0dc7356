#include "daemon/http/session.hpp"

#include "daemon/http/answer_head.hpp"
#include "daemon/http/request_reader.hpp"
#include "daemon/http/streamed_body.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
using asio::generic::stream_protocol;

namespace opd::http {
namespace {

class client_session final : public session {
public:
    client_session(stream_protocol::socket socket, wire::request_handler& handler, wire::connection how,
                   const session_limits& limits, session_totals& totals)
        : limits_(limits),
          totals_(totals),
          socket_(std::move(socket), limits.take_time),
          reader_(socket_, handler, std::move(how), limits, totals) {}

    asio::awaitable<void> run() override {
        bool open = true;
        while (open && !socket_.closing && !socket_.is_cut_off) {
            socket_.busy = false;
            const bool received = co_await reader_.receive();
            socket_.busy = true;
            if (received) {
                open = co_await answer_request();
                leave_place();
                if (open && socket_.input.size() != 0) co_await socket_.let_others_go_first();
            } else {
                open = false;
                if (reader_.refused) co_await refuse();
            }
        }
        const std::size_t unread = reader_.refused ? 2 * limits_.body_bytes : 0;
        co_await socket_.hang_up(unread);
    }

    void shut_down() override {
        socket_.shut_down();
        if (in_endless_) socket_.cancel();
    }

    void cut_off() override { socket_.cut_off(); }

    std::optional<session_socket::clock::time_point> waiting_since() const override { return socket_.waiting_since(); }

    bool in_stream() const override { return place_.has_value(); }

private:
    /// A place among the streams, until it goes.
    class stream_place {
    public:
        explicit stream_place(session_totals& all) : all_(all) { ++all_.streams; }
        stream_place(const stream_place&) = delete;
        stream_place& operator=(const stream_place&) = delete;
        ~stream_place() { --all_.streams; }

    private:
        session_totals& all_;
    };

    /// False: there are too many.
    bool find_place() {
        if (totals_.streams >= totals_.most_streams) return false;
        place_.emplace(totals_);
        socket_.in_stream = true;
        return true;
    }

    void leave_place() {
        place_.reset();
        socket_.in_stream = false;
    }

    wire::answer too_many_streams() const {
        return refusal(503, "unavailable",
                       fmt::format("{} streams are open already; end one, or try again later", totals_.streams));
    }

    asio::awaitable<bool> answer_request() {
        const bool has_room = !reader_.streams() || find_place();
        wire::reply given = has_room ? reader_.respond() : too_many_streams();
        if (auto* const later = std::get_if<asio::awaitable<wire::answer>>(&given)) {
            auto waited_for = co_await wait_for(std::move(*later), reader_.ends_with_client());
            if (!waited_for) {
                socket_.reset = true;
                reader_.forget();
                co_return false;
            }
            given = *std::move(waited_for);
        }
        auto& told = std::get<wire::answer>(given);
        const request_head& head = reader_.head();
        const bool keep_alive = !head.last && !told.close && !socket_.closing;
        const bool head_only = head.asked.method == "HEAD";
        // A stream may last long, and what was asked may be large.
        const bool as_stream = told.stream != nullptr;
        if (as_stream) reader_.forget();
        const bool sent = co_await send(told, head_only, keep_alive);
        if (!as_stream) reader_.forget();
        co_return sent&& keep_alive;
    }

    struct outcome {
        std::optional<wire::answer> told;
        std::exception_ptr bug;
    };

    static asio::awaitable<void> prepare(asio::awaitable<wire::answer> later, outcome& into) {
        try {
            wire::answer told = co_await std::move(later);
            into.told = std::move(told);
        } catch (...) {
            into.bug = std::current_exception();
        }
    }

    /// nullopt: the client has left, for whom alone it would have been.
    asio::awaitable<std::optional<wire::answer>> wait_for(asio::awaitable<wire::answer> later, bool ends_with_client) {
        using namespace asio::experimental::awaitable_operators;
        outcome found;
        bool left = false;
        if (ends_with_client) {
            const auto first = co_await (prepare(std::move(later), found) || socket_.wait_for_end());
            left = first.index() == 1;
        } else {
            co_await prepare(std::move(later), found);
        }
        if (found.bug && !left) std::rethrow_exception(found.bug);
        co_return std::move(found.told);
    }

    asio::awaitable<void> refuse() {
        socket_.wait_no_longer();
        co_await send(*reader_.refused, false, false);
    }

    asio::awaitable<bool> send(wire::answer& given, bool head_only, bool keep_alive) {
        bool streams = given.stream != nullptr && has_body(given) && !head_only;
        if (streams && !place_ && !find_place()) {
            given = too_many_streams();
            streams = keep_alive = false;
        }
        write_answer_head(given,
                          {.over_unix_socket = reader_.how().over_unix_socket,
                           .keep_alive = keep_alive,
                           .chunked = !reader_.head().http_1_0},
                          answer_head_);
        socket_.output.assign(1, asio::buffer(answer_head_));
        if (given.body && has_body(given) && !head_only)
            for (const wire::document::piece& one : given.body->pieces) socket_.output.emplace_back(asio::buffer(*one));
        bool sent = co_await socket_.write_output();
        if (sent && streams) sent = co_await send_stream(*given.stream);
        co_return sent;
    }

    asio::awaitable<bool> send_stream(const wire::body_stream& what) {
        streamed_body body(socket_, what, !reader_.head().http_1_0);
        in_endless_ = what.endless;
        const bool whole = co_await body.send();
        in_endless_ = false;
        co_return whole;
    }

    session_limits limits_;
    session_totals& totals_;
    std::optional<stream_place> place_;
    session_socket socket_;
    request_reader reader_;
    std::string answer_head_;
    bool in_endless_ = false;
};

}  // namespace

std::shared_ptr<session> make_session(stream_protocol::socket socket, wire::request_handler& handler,
                                      wire::connection how, const session_limits& limits, session_totals& totals) {
    return std::make_shared<client_session>(std::move(socket), handler, std::move(how), limits, totals);
}

}  // namespace opd::http
