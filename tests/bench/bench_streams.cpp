// Streams of Chat events for bench.py, in processes of their own: a server that sends them at a pace, and clients that
// take them.
//
// bench_streams serve               prints its port; events of about 200 bytes, 50 a second in each stream, as many as
//                                   the request's `max_tokens` says; ends with its input
// bench_streams take PORT PATH COUNT EVENTS
//                                   opens COUNT streams, and prints the milliseconds to the first event of each

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds pace{20};
constexpr std::chrono::milliseconds between_begins{2};

std::string chunk(std::string_view data) { return fmt::format("{:x}\r\n{}\r\n", data.size(), data); }

const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string event = chunk(
    "data: {\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\",\"created\":1694268190,\"model\":\"m\","
    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" words of an answer\"},\"logprobs\":null,"
    "\"finish_reason\":null}]}\n\n");
const std::string last =
    chunk("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n") +
    "0\r\n\r\n";
const std::string list = "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\"}]}";

std::size_t number_behind(std::string_view text, std::string_view name) {
    std::size_t number = 0;
    if (const std::size_t at = text.find(name); at != text.npos)
        std::from_chars(text.data() + at + name.size(), text.data() + text.size(), number);
    return number;
}

asio::awaitable<void> serve_one(tcp::socket socket) {
    std::string read;
    for (;;) {
        const std::size_t end =
            co_await asio::async_read_until(socket, asio::dynamic_buffer(read), "\r\n\r\n", use_awaitable);
        const std::size_t length = number_behind(std::string_view(read).substr(0, end), "Content-Length: ");
        if (read.size() < end + length)
            co_await asio::async_read(socket, asio::dynamic_buffer(read),
                                      asio::transfer_exactly(end + length - read.size()), use_awaitable);
        if (read.starts_with("GET")) {
            const std::string answer = fmt::format(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", list.size(), list);
            co_await asio::async_write(socket, asio::buffer(answer), use_awaitable);
            read.erase(0, end + length);
            continue;
        }
        const std::size_t events = number_behind(std::string_view(read).substr(end), "\"max_tokens\":");
        std::string().swap(read);
        co_await asio::async_write(socket, asio::buffer(head), use_awaitable);
        asio::steady_timer due(socket.get_executor(), steady_clock::now());
        for (std::size_t i = 0; i != events; ++i) {
            co_await asio::async_write(socket, asio::buffer(event), use_awaitable);
            due.expires_at(due.expiry() + pace);
            co_await due.async_wait(use_awaitable);
        }
        co_await asio::async_write(socket, asio::buffer(last), use_awaitable);
    }
}

asio::awaitable<void> serve(tcp::acceptor& acceptor) {
    for (;;) {
        tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
        socket.set_option(tcp::no_delay(true));
        asio::co_spawn(acceptor.get_executor(), serve_one(std::move(socket)), asio::detached);
    }
}

struct taking {
    std::uint16_t port = 0;
    std::string request;
    std::vector<double> firsts;  ///< in milliseconds
    std::size_t failed = 0;
};

asio::awaitable<void> take_one(taking& all, steady_clock::time_point begin) {
    asio::steady_timer timer(co_await asio::this_coro::executor, begin);
    co_await timer.async_wait(use_awaitable);
    tcp::socket socket(timer.get_executor());
    const tcp::endpoint there(asio::ip::address_v4::loopback(), all.port);
    co_await socket.async_connect(there, use_awaitable);
    const auto begun = steady_clock::now();
    co_await asio::async_write(socket, asio::buffer(all.request), use_awaitable);
    std::array<char, 16 * 1024> buffer;
    std::string tail, begins;
    for (bool first = true; !tail.ends_with("\r\n0\r\n\r\n");) {
        const std::size_t got = co_await socket.async_read_some(asio::buffer(buffer), use_awaitable);
        const std::string_view part(buffer.data(), got);
        if (first) {
            begins += part;
            if (!begins.starts_with("HTTP/1.1 200 ")) throw std::runtime_error(begins);
            first = begins.find("data: ") == begins.npos;
            if (!first)
                all.firsts.push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count());
        }
        tail = tail.append(part.substr(part.size() - std::min<std::size_t>(part.size(), 16)));
        tail.erase(0, tail.size() - std::min<std::size_t>(tail.size(), 16));
    }
}

int run_server() {
    asio::io_context io(1);
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    acceptor.listen(4096);
    fmt::print("{}\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
    std::array<char, 64> ignored{};
    input.async_read_some(asio::buffer(ignored), [&io](const error_code&, std::size_t) { io.stop(); });
    asio::co_spawn(io, serve(acceptor), asio::detached);
    io.run();
    return 0;
}

int run_clients(std::uint16_t port, std::string_view path, std::size_t count, std::size_t events) {
    std::string text;
    while (text.size() < 50'000) text += "What an agent tells is made of words. ";
    const std::string body = fmt::format(
        "{{\"model\":\"m\",\"stream\":true,\"max_tokens\":{},\"messages\":[{{\"role\":\"user\",\"content\":\"{}\"}}]}}",
        events, text);
    taking all{.port = port,
               .request = fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                                      "Content-Length: {}\r\n\r\n{}",
                                      path, port, body.size(), body)};
    asio::io_context io(1);
    for (std::size_t i = 0; i != count; ++i)
        asio::co_spawn(io, take_one(all, steady_clock::now() + i * between_begins),
                       [&all](const std::exception_ptr& error) {
                           if (error) ++all.failed;
                       });
    io.run();
    fmt::print("{{\"failed\":{},\"firsts\":[{:.3f}]}}\n", all.failed, fmt::join(all.firsts, ","));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        descriptors.rlim_cur = descriptors.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto number = [&words](std::size_t at) {
        std::size_t value = 0;
        std::from_chars(words[at].data(), words[at].data() + words[at].size(), value);
        return value;
    };
    if (words.size() == 1 && words[0] == "serve") return run_server();
    if (words.size() == 5 && words[0] == "take")
        return run_clients(static_cast<std::uint16_t>(number(1)), words[2], number(3), number(4));
    fmt::print(stderr, "usage: bench_streams serve | bench_streams take PORT PATH COUNT EVENTS\n");
    return 64;
}
