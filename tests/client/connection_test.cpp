#include "client/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <thread>
#include <vector>

#include <stdlib.h>

using namespace opd;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

struct fresh_folder {
    fs::path path;

    fresh_folder() {
        std::string pattern = (fs::temp_directory_path() / "opd-client-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }

    fresh_folder(const fresh_folder&) = delete;
    fresh_folder& operator=(const fresh_folder&) = delete;

    ~fresh_folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

/// Gives `count` clients one after the other the same answer to whatever they ask, in a thread of its own. An empty
/// answer leaves the client waiting until it goes.
template <class Protocol>
class responder {
public:
    responder(const typename Protocol::endpoint& where, std::string answer, int count = 1)
        : acceptor_(io_, where), answer_(std::move(answer)), thread_([this, count] { serve(count); }) {}

    responder(const responder&) = delete;
    responder& operator=(const responder&) = delete;

    ~responder() { thread_.join(); }

    typename Protocol::endpoint where() const { return acceptor_.local_endpoint(); }

    /// What the clients sent, once all were served.
    std::string requests() {
        thread_.join();
        thread_ = std::thread([] {});
        return requests_;
    }

private:
    void serve(int count) {
        for (int i = 0; i < count; ++i) {
            typename Protocol::socket client = acceptor_.accept();
            boost::system::error_code error;
            std::string request;
            asio::read_until(client, asio::dynamic_buffer(request), "\r\n\r\n", error);
            requests_ += request;
            if (answer_.empty())
                client.read_some(asio::buffer(request), error);
            else
                asio::write(client, asio::buffer(answer_), error);
        }
    }

    asio::io_context io_;
    typename Protocol::acceptor acceptor_;
    std::string answer_;
    std::string requests_;
    std::thread thread_;
};

using tcp = asio::ip::tcp;
using unix_socket = asio::local::stream_protocol;

const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);

daemon_address at(std::string_view host, std::uint16_t port) {
    const auto address = url_address(fmt::format("http://{}:{}", host, port));
    REQUIRE(address.has_value());
    return *address;
}

daemon_address at(const tcp::endpoint& where) {
    return at("127.0.0.1", where.port());
}

daemon_reply get(const daemon_address& address, std::chrono::milliseconds limit = 30s) {
    const std::vector<std::string> targets{"/api/v1/health"};
    return get_all(address, targets, limit).front();
}

std::string answer_of(std::string_view body) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

connection_failure::reason why_not(const daemon_reply& reply) {
    REQUIRE_FALSE(reply.has_value());
    return reply.error().why;
}

}  // namespace

TEST_CASE("an answer comes over TCP, and the request names the host") {
    responder<tcp> daemon(any_port, answer_of("{}"));
    const auto port = daemon.where().port();
    const auto reply = get(at(daemon.where()));
    REQUIRE(reply.has_value());
    CHECK(reply->status == 200);
    CHECK(reply->body == "{}");
    const std::string request = daemon.requests();
    CHECK(request.starts_with("GET /api/v1/health HTTP/1.1\r\n"));
    CHECK(request.find(fmt::format("\r\nHost: 127.0.0.1:{}\r\n", port)) != std::string::npos);
    CHECK(request.find("\r\nUser-Agent: operatorctl/") != std::string::npos);
}

TEST_CASE("localhost is the loopback without a name service") {
    responder<tcp> daemon(any_port, answer_of("[]"));
    const auto reply = get(at("localhost", daemon.where().port()));
    REQUIRE(reply.has_value());
    CHECK(reply->body == "[]");
}

TEST_CASE("an answer comes over a unix socket") {
    const fresh_folder folder;
    const std::string path = folder.path / "o.sock";
    responder<unix_socket> daemon(unix_socket::endpoint(path), answer_of("over the socket"));
    const auto reply = get(socket_address(path));
    REQUIRE(reply.has_value());
    CHECK(reply->body == "over the socket");
    CHECK(daemon.requests().find("\r\nHost: localhost\r\n") != std::string::npos);
}

TEST_CASE("an error answer is an answer") {
    responder<tcp> daemon(any_port, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}");
    const auto reply = get(at(daemon.where()));
    REQUIRE(reply.has_value());
    CHECK(reply->status == 404);
}

TEST_CASE("many targets are asked for, and the replies keep their order") {
    responder<tcp> daemon(any_port, answer_of("x"), 40);
    std::vector<std::string> targets;
    for (int i = 0; i < 40; ++i)
        targets.push_back(fmt::format("/{}", i));
    const auto replies = get_all(at(daemon.where()), targets, 30s);
    REQUIRE(replies.size() == 40);
    for (const auto& reply : replies)
        CHECK((reply.has_value() && reply->body == "x"));
    const std::string requests = daemon.requests();
    for (const std::string& target : targets)
        CHECK(requests.find("GET " + target + " HTTP/1.1\r\n") != std::string::npos);
    CHECK(get_all(socket_address("/nowhere"), {}, 30s).empty());
}

TEST_CASE("a daemon that is not there is told from one that may not be asked") {
    using why = connection_failure::reason;
    const fresh_folder folder;
    CHECK(why_not(get(socket_address(folder.path / "none.sock"))) == why::not_there);
    CHECK(why_not(get(socket_address("/" + std::string(200, 'x')))) == why::not_there);
    {
        asio::io_context io;
        const unix_socket::acceptor gone(io, unix_socket::endpoint(folder.path / "stale.sock"));
    }
    CHECK(why_not(get(socket_address(folder.path / "stale.sock"))) == why::not_there);

    asio::io_context io;
    tcp::acceptor closed(io, any_port);
    const daemon_address address = at(closed.local_endpoint());
    closed.close();
    CHECK(why_not(get(address)) == why::not_there);
}

TEST_CASE("a daemon that hangs costs no more than the limit") {
    responder<tcp> daemon(any_port, "");
    CHECK(why_not(get(at(daemon.where()), 50ms)) == connection_failure::reason::timed_out);
}

TEST_CASE("what is not HTTP, and what breaks off, is no daemon") {
    for (const std::string answer :
         {"\x16\x03\x01garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
          "SSH-2.0-OpenSSH_9.2\r\n"}) {
        CAPTURE(answer);
        responder<tcp> daemon(any_port, answer);
        CHECK(why_not(get(at(daemon.where()))) == connection_failure::reason::broken);
    }
}
