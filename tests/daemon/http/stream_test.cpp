#include "tests/daemon/http/serving.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

using namespace opd;
using namespace opd::http;
using namespace opd::loop;
using namespace opd::wire;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::string_view ask = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view ask_and_go = "GET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
constexpr std::string_view ask_1_0 = "GET /stream HTTP/1.0\r\n\r\n";
constexpr std::string_view ask_after = "GET /after HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr auto for_ever = std::chrono::steady_clock::time_point::max();

/// What a producer does, and what became of it.
struct production {
    event next;  ///< the producer waits for it before each part
    int parts = 0;
    std::size_t produced = 0;
    int running = 0;
    int started = 0;

    /// Counts those that run, whatever ends them.
    struct presence {
        explicit presence(production& of) : of_(of) {
            ++of_.running;
            ++of_.started;
        }

        presence(const presence&) = delete;
        presence& operator=(const presence&) = delete;

        ~presence() { --of_.running; }

    private:
        production& of_;
    };
};

asio::awaitable<bool> part_after_part(production& all, body_sink& out) {
    const production::presence here(all);
    for (int i = 0; i != all.parts; ++i) {
        co_await all.next.wait_until(for_ever);
        const std::string part = fmt::format("part {}\n", i);
        co_await out.write(part);
    }
    co_return true;
}

/// Parts of 10 KB, until it is stopped.
asio::awaitable<bool> as_much_as_goes(production& all, body_sink& out) {
    const production::presence here(all);
    const std::string part(10'000, 'x');
    for (;;) {
        all.produced += part.size();
        co_await out.write(part);
    }
}

asio::awaitable<bool> broken_off(production& all, body_sink& out) {
    const production::presence here(all);
    co_await out.write("begun");
    co_return false;
}

asio::awaitable<bool> with_a_bug(production& all, body_sink& out) {
    const production::presence here(all);
    co_await out.write("begun");
    throw std::logic_error("a bug of the producer");
}

template <class Producer>
answer stream_of(production& all, Producer produce, bool endless = false) {
    body_stream made;
    made.produce = [&all, produce](body_sink& out) { return produce(all, out); };
    made.endless = endless;
    answer given;
    given.stream = std::make_shared<const body_stream>(std::move(made));
    given.content_type = "text/event-stream";
    return given;
}

/// Takes all until the other side ends the connection: by a reset?
template <class Socket>
bool is_reset(Socket& client) {
    boost::system::error_code error;
    std::string rest(4096, '\0');
    while (!error) client.read_some(asio::buffer(rest), error);
    return error == asio::error::connection_reset;
}

/// A session whose `/stream` is this one.
struct streaming : lone_session {
    template <class Producer>
    explicit streaming(Producer produce, int parts = 2, bool endless = false) : streaming(session_limits(), produce) {
        made.parts = parts;
        handler.streamed = stream_of(made, produce, endless);
    }

    template <class Producer>
    streaming(const session_limits& limits, Producer produce, const session_totals& all = {})
        : lone_session(limits, all) {
        made.parts = 2;
        handler.streamed = stream_of(made, produce);
    }

    /// The head of the answer, and the rest of what has come.
    std::string begin(std::string_view asked) {
        send(asked);
        const std::string taken = take();
        const std::size_t end = taken.find("\r\n\r\n");
        REQUIRE(end != taken.npos);
        head = taken.substr(0, end + 2);
        return taken.substr(end + 4);
    }

    std::string next_part() {
        made.next.notify_all();
        settle(loop);
        return take();
    }

    production made;
    std::string head;
};

}  // namespace

TEST_CASE("a streamed answer is sent part by part as they come, and the connection goes on") {
    streaming one(part_after_part);
    CHECK(one.begin(ask).empty());
    CHECK(one.head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(one.head.find("\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(one.head.find("Content-Length") == std::string::npos);
    CHECK(one.next_part() == "7\r\npart 0\n\r\n");
    CHECK(one.next_part() == "7\r\npart 1\n\r\n0\r\n\r\n");
    CHECK(one.made.running == 0);
    CHECK(one.totals.streams == 0);
    one.send(ask_after);
    CHECK(one.take().starts_with("HTTP/1.1 200 "));
    CHECK(one.begin(ask).empty());
    CHECK(one.made.started == 2);
}

TEST_CASE("to HTTP/1.0 a stream has no chunks, and ends with the connection") {
    streaming one(part_after_part, 1);
    CHECK(one.begin(ask_1_0).empty());
    CHECK(one.head.find("Transfer-Encoding") == std::string::npos);
    CHECK(one.head.ends_with("\r\nConnection: close\r\n"));
    CHECK(one.next_part() == "part 0\n");
    CHECK(one.serving->ended());
    CHECK_FALSE(is_reset(one.client));
}

TEST_CASE("HEAD and a status without a body do not begin a stream") {
    streaming one(part_after_part);
    CHECK(one.begin("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n").empty());
    CHECK(one.head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
    one.handler.streamed.status = 304;
    CHECK(one.begin(ask).empty());
    CHECK(one.made.started == 0);
    one.send(ask_after);
    CHECK(one.take().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("each part is sent at once, as a chunk of its own, and an empty one is none") {
    streaming one([](production&, body_sink& out) -> asio::awaitable<bool> {
        for (const std::string_view part : {"0123456789", "", "abc"}) co_await out.write(part);
        co_return true;
    });
    CHECK(one.begin(ask) == "a\r\n0123456789\r\n3\r\nabc\r\n0\r\n\r\n");
}

TEST_CASE("a client that leaves ends the production at once") {
    for (const bool half : {false, true}) {
        streaming one(part_after_part);
        CHECK(one.begin(ask).empty());
        CHECK(one.made.running == 1);
        if (half)
            one.client.shutdown(asio::socket_base::shutdown_send);
        else
            one.client.close();
        settle(one.loop);
        CHECK(one.made.running == 0);
        CHECK(one.serving->ended());
        CHECK_FALSE(one.serving->failed());
        CHECK(one.totals.streams == 0);
    }
}

TEST_CASE("a client that sends the next request ahead is sent the whole stream, and then that answer") {
    streaming one(part_after_part, 1);
    CHECK(one.begin(ask).empty());
    one.send(ask_after);
    CHECK(one.take().empty());
    CHECK(one.next_part().starts_with("7\r\npart 0\n\r\n0\r\n\r\nHTTP/1.1 200 "));
}

TEST_CASE("a slow reader stops the production, is not taken for an idle one, and is cut off in the end") {
    session_limits limits;
    limits.take_time = 50ms;
    streaming one(limits, as_much_as_goes);
    one.send(ask);
    const std::size_t before = one.made.produced;
    CHECK(before < (std::size_t{4} << 20U));
    settle(one.loop);
    CHECK(one.made.produced == before);
    CHECK_FALSE(one.served->waiting_since().has_value());
    one.take();
    settle(one.loop);
    CHECK(one.made.produced > before);
    CHECK(one.made.running == 1);
    CHECK(run_until(one.loop, [&] { return one.serving->ended(); }));
    CHECK(one.made.running == 0);
    CHECK_FALSE(one.serving->failed());
}

TEST_CASE("a heartbeat is sent when nothing else has come for a while") {
    streaming one(part_after_part, 1);
    auto made = std::make_shared<body_stream>(*one.handler.streamed.stream);
    made->heartbeat = [] { return std::string(":\n\n"); };
    made->silence = 5ms;
    one.handler.streamed.stream = made;
    CHECK(one.begin(ask).empty());
    std::string beats;
    CHECK(run_until(one.loop, [&] { return (beats += one.take()).size() >= 16; }));
    CHECK(beats.starts_with("3\r\n:\n\n\r\n3\r\n:\n\n\r\n"));
    CHECK(one.next_part().ends_with("7\r\npart 0\n\r\n0\r\n\r\n"));
}

TEST_CASE("a heartbeat that the socket has not taken whole goes on before anything else") {
    streaming one(part_after_part, 1);
    auto made = std::make_shared<body_stream>(*one.handler.streamed.stream);
    const std::string large(std::size_t{8} << 20U, 'b');
    int beats = 0;
    made->heartbeat = [&] { return ++beats == 1 ? large : std::string(); };
    made->silence = 5ms;
    one.handler.streamed.stream = made;
    CHECK(one.begin(ask).empty());
    CHECK(run_until(one.loop, [&] { return beats == 1; }));
    one.made.next.notify_all();
    std::string got;
    CHECK(run_until(one.loop, [&] { return (got += one.take()).ends_with("0\r\n\r\n"); }));
    CHECK(got == "800000\r\n" + large + "\r\n7\r\npart 0\n\r\n0\r\n\r\n");
}

TEST_CASE("a stream that breaks off is not ended as if it were whole") {
    streaming one(broken_off);
    CHECK(one.begin(ask) == "5\r\nbegun\r\n");
    CHECK(one.serving->ended());
    CHECK_FALSE(is_reset(one.client));

    production made;
    serving server;
    server.handler.streamed = stream_of(made, broken_off);
    asio::io_context loop;
    asio::ip::tcp::socket old(loop);
    old.connect({asio::ip::address_v4::loopback(), server.start_on_tcp()});
    asio::write(old, asio::buffer(ask_1_0));
    CHECK(is_reset(old));  // nothing else tells HTTP/1.0 that this is not the end
}

TEST_CASE("an exception of the producer is a bug of the session's task") {
    streaming one(with_a_bug);
    CHECK(one.begin(ask) == "5\r\nbegun\r\n");
    CHECK(one.serving->ended());
    CHECK(one.serving->failed());
    one.served.reset();
    CHECK(one.totals.streams == 0);
}

TEST_CASE("shutting down ends an endless stream, and waits for the end of any other") {
    streaming endless(part_after_part, 5, true);
    CHECK(endless.begin(ask).empty());
    CHECK(endless.next_part() == "7\r\npart 0\n\r\n");
    endless.served->shut_down();
    settle(endless.loop);
    CHECK(endless.take() == "0\r\n\r\n");
    CHECK(endless.made.running == 0);
    CHECK(endless.serving->ended());

    streaming other(part_after_part, 2);
    CHECK(other.begin(ask).empty());
    other.served->shut_down();
    settle(other.loop);
    CHECK(other.next_part() == "7\r\npart 0\n\r\n");
    CHECK_FALSE(other.serving->ended());
    CHECK(other.next_part() == "7\r\npart 1\n\r\n0\r\n\r\n");
    CHECK(other.serving->ended());
}

TEST_CASE("a stream that is cut off ends at once, and its producer with it") {
    streaming waiting(part_after_part);
    CHECK(waiting.begin(ask_and_go).empty());
    streaming full(as_much_as_goes);
    full.send(ask);
    for (streaming* one : {&waiting, &full}) {
        one->served->cut_off();
        settle(one->loop);
        CHECK(one->serving->ended());
        CHECK_FALSE(one->serving->failed());
        CHECK(one->made.running == 0);
    }
}

TEST_CASE("only so many streams are open at once") {
    streaming one(session_limits(), part_after_part, {.most_streams = 1});
    CHECK(one.begin(ask).empty());
    CHECK(one.totals.streams == 1);
    one.totals.most_streams = 0;
    one.next_part();
    one.next_part();
    const std::string told = one.begin(ask);
    CHECK(one.head.starts_with("HTTP/1.1 503 "));
    CHECK(one.head.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(told == R"({"error":"unavailable","message":"0 streams are open already; end one, or try again later"})");
}

TEST_CASE("who asks for a stream is refused before it is made where there are too many") {
    for (const std::size_t most : {std::size_t{0}, std::size_t{1}}) {
        streaming one(session_limits(), part_after_part, {.most_streams = most});
        one.send("GET /streams HTTP/1.1\r\nHost: h\r\n\r\n");
        CHECK(one.handler.answering == static_cast<int>(most));
        CHECK(one.totals.streams == most);
        CHECK(one.served->in_stream() == (most == 1));
        if (most == 0) CHECK(one.take().starts_with("HTTP/1.1 503 "));
        one.handler.release();
        settle(one.loop);
        CHECK(one.totals.streams == 0);
        CHECK_FALSE(one.served->in_stream());
    }
}

TEST_CASE("a stream that is sent keeps nothing of its request") {
    streaming one(part_after_part, 1);
    const std::string body(50'000, 'x');
    CHECK(one.begin(fmt::format("POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n{}", body)).empty());
    CHECK(one.totals.body_bytes == 0);
    one.send(ask_after);
    CHECK(one.next_part().starts_with("7\r\npart 0\n\r\n0\r\n\r\nHTTP/1.1 200 "));
}

TEST_CASE("a stream never makes room for another connection, and a listener that is cancelled ends it") {
    production made;
    made.parts = 1;
    serving server({.each = {}, .all = {.of_one_user = 1}});
    server.handler.streamed = stream_of(made, part_after_part);
    const std::uint16_t port = server.start_on_tcp();
    auto streamed = client_on(port);
    streamed.send(ask);
    auto idle = client_on(port);
    CHECK(idle.get("/").status == 200);
    CHECK(client_on(port).get("/").status == 200);
    CHECK(idle.read_to_end().empty());
    server.on_loop([&] { server.listening().cancel(); });
    const std::string got = streamed.read_to_end();
    CHECK(got.starts_with("HTTP/1.1 200 "));
    CHECK(got.ends_with("\r\n\r\n"));
    CHECK(happens(server.shut_down()));
    CHECK(made.started == 1);
    CHECK(made.running == 0);
}
