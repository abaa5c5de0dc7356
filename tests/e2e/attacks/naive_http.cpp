#include "tests/e2e/attacks/naive_http.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace opd::test {
namespace {

constexpr std::string_view list = R"({"servers":[],"total":0})";

/// What was PUT, by target.
using store = std::map<std::string, std::string, std::less<>>;

/// Takes away everything up to the first empty line, and returns it; empty: there is none yet.
std::string take_request(std::string& seen) {
    constexpr std::array<std::string_view, 3> ends{"\r\n\r\n", "\n\n", "\r\r"};
    std::size_t end = seen.npos;
    for (const std::string_view one : ends) {
        const std::size_t at = seen.find(one);
        if (at != seen.npos) end = std::min(end, at + one.size());
    }
    if (end == seen.npos) return {};
    std::string head = seen.substr(0, end);
    seen.erase(0, end);
    return head;
}

/// `rest` is what has come behind the request.
std::string reply_to(const std::string& request, std::string& rest, store& kept) {
    const std::size_t blank = std::min(request.find(' '), request.size() - 1);
    const std::string target = request.substr(blank + 1, request.find(' ', blank + 1) - blank - 1);
    if (request.starts_with("PUT ")) kept[target] = std::exchange(rest, {});
    const auto found = kept.find(target);
    const std::string body = found == kept.end() ? std::string(list) : found->second;
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

asio::awaitable<void> converse(tcp::socket client, naive_manner manner, store& kept) {
    std::string seen;
    std::array<char, 65536> part{};
    try {
        for (;;) {
            const std::size_t bytes = co_await client.async_read_some(asio::buffer(part), asio::use_awaitable);
            seen.append(part.data(), bytes);
            if (manner == naive_manner::reads_ahead) continue;
            for (std::string request = take_request(seen); !request.empty(); request = take_request(seen)) {
                const std::string reply = reply_to(request, seen, kept);
                co_await asio::async_write(client, asio::buffer(reply), asio::use_awaitable);
            }
        }
    } catch (const boost::system::system_error&) {
        // The client has gone.
    }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, naive_manner manner, store& kept) {
    for (;;) {
        tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
        auto talk = converse(std::move(client), manner, kept);
        if (manner == naive_manner::one_at_a_time)
            co_await std::move(talk);
        else
            asio::co_spawn(acceptor.get_executor(), std::move(talk), asio::detached);
    }
}

}  // namespace

struct naive_http::impl {
    asio::io_context io;
    tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::uint16_t port = acceptor.local_endpoint().port();
    store kept;
    std::thread thread;
};

naive_http::naive_http(naive_manner manner) : impl_(std::make_unique<impl>()) {
    asio::co_spawn(impl_->io, accept(impl_->acceptor, manner, impl_->kept), asio::detached);
    impl_->thread = std::thread([io = &impl_->io] { io->run(); });
}

naive_http::~naive_http() {
    impl_->io.stop();
    impl_->thread.join();
}

std::uint16_t naive_http::port() const { return impl_->port; }

}  // namespace opd::test
