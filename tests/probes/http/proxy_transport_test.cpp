#include "probes/http/resolver.hpp"
#include "probes/http/transport.hpp"
#include "tests/probes/run_coroutine.hpp"
#include "tests/support/http_fixture/dead_ends.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/tls_identity.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

using namespace opd;
using namespace opd::test;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// A proxy that opens tunnels to one port of this machine, whatever name it is asked for; one connection at a time.
class tunnel_proxy {
public:
    explicit tunnel_proxy(std::uint16_t target, std::string answer = "HTTP/1.1 200 Connection established\r\n\r\n")
        : target_(target), answer_(std::move(answer)), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
        port = acceptor_.local_endpoint().port();
        thread_ = std::thread([this] { serve(); });
    }

    ~tunnel_proxy() { stop(); }

    tunnel_proxy(const tunnel_proxy&) = delete;
    tunnel_proxy& operator=(const tunnel_proxy&) = delete;

    /// What was asked of it.
    std::vector<std::string> stop() {
        ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
        if (thread_.joinable()) thread_.join();
        return heads_;
    }

    std::uint16_t port = 0;

private:
    void serve() {
        for (;;) {
            tcp::socket client(io_);
            boost::system::error_code error;
            acceptor_.accept(client, error);
            if (error) return;
            std::string head;
            asio::read_until(client, asio::dynamic_buffer(head), "\r\n\r\n", error);
            heads_.push_back(head);
            asio::write(client, asio::buffer(answer_), error);
            tcp::socket server(io_);
            server.connect({asio::ip::address_v4::loopback(), target_}, error);
            while (!error) pump(client, server, error);
        }
    }

    static void pump(tcp::socket& a, tcp::socket& b, boost::system::error_code& error) {
        std::array<pollfd, 2> both{{{.fd = a.native_handle(), .events = POLLIN, .revents = 0},
                                    {.fd = b.native_handle(), .events = POLLIN, .revents = 0}}};
        ::poll(both.data(), both.size(), -1);
        std::array<char, 16'384> bytes{};
        for (const bool from_a : {true, false}) {
            if (error || both.at(from_a ? 0 : 1).revents == 0) continue;
            const std::size_t read = (from_a ? a : b).read_some(asio::buffer(bytes), error);
            if (!error) asio::write(from_a ? b : a, asio::buffer(bytes.data(), read), error);
        }
    }

    std::uint16_t target_;
    std::string answer_;
    std::vector<std::string> heads_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

http_peer peer_of(const std::string& host, std::uint16_t port, bool tls) {
    http_peer peer;
    peer.root = {.tls = tls, .host = host, .port = port, .prefix = {}, .version = {}};
    return peer;
}

result<http_reply, failure> get(const std::string& proxy_url, http_peer peer) {
    asio::io_context io;
    // Nobody but the proxy knows a name.
    resolver names(io.get_executor(), [](const std::string&) -> result<resolver::addresses, failure> {
        return failure{.why = failure::reason::unknown_host, .at = stage::resolve, .detail = "unknown"};
    });
    const auto transport = make_beast_transport(io.get_executor(), names);
    transport->use_proxies(
        read_proxy_rules(proxy_url, [](const char*) { return std::optional<std::string>(); }, [](const problem&) {}));
    const auto connection =
        transport->open(std::move(peer), {.until = std::chrono::steady_clock::now() + std::chrono::seconds(20)});
    http_request request;
    request.target = "/v1/models";
    request.auth = credential::bearer;
    return run_coroutine(io, fetch(*connection, request, probe_limits()));
}

}  // namespace

TEST_CASE("a server that is spoken to in clear is asked through the proxy, which alone gets its login") {
    model_server_sim proxy;
    proxy.answer_everything(json_answer(200, R"({"data":[]})"));
    const auto got =
        get(fmt::format("http://me:p%40ss@127.0.0.1:{}", proxy.port()), peer_of("llm.invalid", 8000, false));
    REQUIRE(got.has_value());
    CHECK(got->body == R"({"data":[]})");
    const auto seen = proxy.requests();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].target == "http://llm.invalid:8000/v1/models");
    CHECK(seen[0].header("host") == "llm.invalid:8000");
    CHECK(seen[0].header("proxy-authorization") == "Basic bWU6cEBzcw==");
}

TEST_CASE("TLS goes through a tunnel, and neither the key nor the request is the proxy's to see") {
    test_authority authority;
    temp_folder folder;
    sim_options options;
    options.tls = authority.issue({.dns_names = {"llm.invalid"}});
    model_server_sim server(options);
    server.answer_everything(json_answer(200, R"({"data":[]})"));
    tunnel_proxy proxy(server.port());
    http_peer peer = peer_of("llm.invalid", 443, true);
    peer.key = secret("sk-key");
    peer.ca_file = authority.write_certificate(folder.path()).string();
    const auto got = get(fmt::format("http://me:pw@127.0.0.1:{}", proxy.port), std::move(peer));
    REQUIRE(got.has_value());
    CHECK(got->body == R"({"data":[]})");
    const auto heads = proxy.stop();
    REQUIRE(heads.size() == 1);
    CHECK(heads[0].starts_with("CONNECT llm.invalid:443 HTTP/1.1\r\nHost: llm.invalid:443\r\n"));
    CHECK(heads[0].find("Proxy-Authorization: Basic bWU6cHc=\r\n") != std::string::npos);
    CHECK(heads[0].find("sk-key") == std::string::npos);
    REQUIRE(server.requests().size() == 1);
    CHECK_FALSE(server.requests()[0].header("proxy-authorization"));
    CHECK(server.requests()[0].target == "/v1/models");
}

TEST_CASE("a proxy that makes no way is named, without its login") {
    tunnel_proxy proxy(1, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    const auto got = get(fmt::format("http://me:pw@127.0.0.1:{}", proxy.port), peer_of("llm.invalid", 443, true));
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().why == failure::reason::proxy);
    CHECK(got.error().detail == "407");
    CHECK(got.error().proxy == fmt::format("http://127.0.0.1:{}", proxy.port));

    const refusing_port nobody;
    const auto refused =
        get(fmt::format("http://me:pw@127.0.0.1:{}", nobody.port()), peer_of("llm.invalid", 80, false));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().why == failure::reason::refused);
    CHECK(refused.error().proxy == fmt::format("http://127.0.0.1:{}", nobody.port()));
}

TEST_CASE("near servers are asked directly, and a key in clear goes through no proxy") {
    model_server_sim server;
    server.answer_everything(json_answer(200, "{}"));
    const refusing_port nobody;
    const std::string url = fmt::format("http://127.0.0.1:{}", nobody.port());
    CHECK(get(url, peer_of("127.0.0.1", server.port(), false)).has_value());
    http_peer far = peer_of("llm.invalid", 80, false);
    far.key = secret("sk-key");
    const auto withheld = get(fmt::format("http://127.0.0.1:{}", server.port()), std::move(far));
    REQUIRE_FALSE(withheld.has_value());
    CHECK(withheld.error().why == failure::reason::plaintext_key);
    CHECK(server.requests().size() == 1);
}
