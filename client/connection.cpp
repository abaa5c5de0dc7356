#include "client/connection.hpp"

#include "config/version.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace opd {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using socket_stream = beast::basic_stream<asio::generic::stream_protocol>;
using peers = std::vector<asio::generic::stream_protocol::endpoint>;
using deadline = std::chrono::steady_clock::time_point;

constexpr auto await = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t at_once = 16;
constexpr std::uint64_t max_body_bytes = std::uint64_t{64} << 20;

connection_failure failed(const boost::system::error_code& error) {
    using why = connection_failure::reason;
    why reason = why::broken;
    if (error == asio::error::connection_refused || error == boost::system::errc::no_such_file_or_directory)
        reason = why::not_there;
    else if (error == asio::error::access_denied || error == boost::system::errc::operation_not_permitted)
        reason = why::forbidden;
    else if (error == beast::error::timeout)
        reason = why::timed_out;
    return {.why = reason, .detail = error.message()};
}

/// The addresses that are known without asking a name service; `localhost` is both loopbacks.
peers known_peers(const daemon_address& address) {
    peers out;
    if (!address.socket_path.empty()) {
        out.emplace_back(asio::local::stream_protocol::endpoint(address.socket_path));
    } else if (address.host == "localhost") {
        out.emplace_back(tcp::endpoint(asio::ip::address_v4::loopback(), address.port));
        out.emplace_back(tcp::endpoint(asio::ip::address_v6::loopback(), address.port));
    } else {
        boost::system::error_code not_literal;
        const auto literal = asio::ip::make_address(address.host, not_literal);
        if (!not_literal) out.emplace_back(tcp::endpoint(literal, address.port));
    }
    return out;
}

result<peers, connection_failure> find_peers(const daemon_address& address) {
    constexpr std::size_t longest_socket_path = 107;  // sockaddr_un
    if (address.socket_path.size() > longest_socket_path)
        return connection_failure{.why = connection_failure::reason::not_there,
                                  .detail = "the path is too long for a socket"};
    peers out = known_peers(address);
    if (!out.empty()) return out;
    asio::io_context io;
    boost::system::error_code error;
    const auto found = tcp::resolver(io).resolve(address.host, fmt::format("{}", address.port), error);
    if (error) return connection_failure{.why = connection_failure::reason::unknown_host, .detail = error.message()};
    for (const auto& entry : found)
        out.emplace_back(entry.endpoint());
    return out;
}

asio::awaitable<boost::system::error_code> connect(socket_stream& stream, const peers& where) {
    boost::system::error_code error;
    for (const auto& peer : where) {
        std::tie(error) = co_await stream.async_connect(peer, await);
        if (!error || error == beast::error::timeout) break;
        boost::system::error_code ignored;
        stream.socket().close(ignored);
    }
    co_return error;
}

asio::awaitable<daemon_reply> exchange(socket_stream& stream, const peers& where, const std::string& target,
                                       const std::string& host) {
    boost::system::error_code error = co_await connect(stream, where);
    if (error) co_return failed(error);
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, host);
    request.set(http::field::accept, "application/json");
    request.set(http::field::user_agent, fmt::format("operatorctl/{}", version()));
    request.set(http::field::connection, "close");
    std::size_t bytes = 0;
    std::tie(error, bytes) = co_await http::async_write(stream, request, await);
    if (error) co_return failed(error);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(max_body_bytes);
    std::tie(error, bytes) = co_await http::async_read(stream, buffer, parser, await);
    if (error) co_return failed(error);
    daemon_answer answer;
    answer.status = parser.get().result_int();
    answer.body = std::move(parser.get().body());
    co_return answer;
}

/// What the workers of one get_all share; it outlives them.
struct work {
    const peers& where;
    std::span<const std::string> targets;
    std::string host;
    deadline until;
    std::size_t next = 0;
    std::vector<daemon_reply> replies;
};

asio::awaitable<void> serve_targets(asio::io_context& io, work& shared) {
    while (shared.next < shared.targets.size()) {
        const std::size_t mine = shared.next++;
        socket_stream stream(io);
        stream.expires_at(shared.until);
        shared.replies[mine] = co_await exchange(stream, shared.where, shared.targets[mine], shared.host);
    }
}

}  // namespace

std::vector<daemon_reply> get_all(const daemon_address& address, std::span<const std::string> targets,
                                  std::chrono::milliseconds limit) {
    const deadline until = std::chrono::steady_clock::now() + limit;
    const auto where = find_peers(address);
    if (!where) return std::vector<daemon_reply>(targets.size(), where.error());
    work shared{.where = *where, .targets = targets, .host = address.authority(), .until = until, .replies = {}};
    shared.replies.assign(targets.size(), connection_failure{});
    asio::io_context io(1);
    const auto rethrow = [](const std::exception_ptr& bug) {
        if (bug) std::rethrow_exception(bug);
    };
    for (std::size_t i = 0; i < std::min(at_once, targets.size()); ++i)
        asio::co_spawn(io, serve_targets(io, shared), rethrow);
    io.run();
    return std::move(shared.replies);
}

}  // namespace opd
