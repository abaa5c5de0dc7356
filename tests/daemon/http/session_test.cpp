#include "daemon/http/session.hpp"

#include "tests/daemon/http/serving.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <regex>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// The server refuses a request that it could not read, and ends the connection.
void check_refusal(http_client& client, unsigned status, std::string_view code, std::string_view message) {
    const http_answer refused = client.read_answer();
    CHECK(refused.status == status);
    CHECK(refused.header("Content-Type") == "application/json");
    CHECK(refused.header("Connection") == "close");
    CHECK(refused.body == fmt::format(R"({{"error":"{}","message":"{}"}})", code, message));
    client.finish_sending();
    CHECK(client.read_to_end().empty());
}

std::string without_date(const std::string& text) {
    static const std::regex date(R"(Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)");
    return std::regex_replace(text, date, "Date: NOW");
}

}  // namespace

TEST_CASE("an answer, byte by byte") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    client.send("GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    CHECK(
        without_date(client.read_to_end()) ==
        "HTTP/1.1 200 OK\r\nServer: operatord\r\nDate: NOW\r\nContent-Type: application/json\r\nContent-Length: 36\r\n"
        "Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\nVary: Origin\r\nConnection: close\r\n\r\n"
        "GET /x host=h type= body= unix=false");
}

TEST_CASE("a connection serves one request after the other") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto client = client_on(port);
    for (int i = 0; i != 3; ++i) {
        const http_answer given = client.get(fmt::format("/{}", i));
        CHECK(given.status == 200);
        CHECK(given.body == fmt::format("GET /{} host=127.0.0.1:{} type= body= unix=false", i, port));
        CHECK_FALSE(given.header("Connection"));
    }
}

TEST_CASE("fifty requests in one packet get fifty answers in order") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    std::string requests;
    for (int i = 0; i != 50; ++i) requests += fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", i);
    client.send(requests);
    for (int i = 0; i != 50; ++i)
        CHECK(client.read_answer().body == fmt::format("GET /{} host=h type= body= unix=false", i));
}

TEST_CASE("pipelined requests of all sorts do not run into each other") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    client.send(
        "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        "GET /known HTTP/1.1\r\nHost: h\r\n\r\n"
        "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
        "GET /d HTTP/1.1\r\nHost: h\r\n\r\n");
    const http_answer head = client.read_answer(true);
    CHECK(head.header("Content-Length") == "37");
    CHECK(client.read_answer().body == "POST /b host=h type= body=hello unix=false");
    CHECK(client.read_answer().status == 304);
    CHECK(client.read_answer().body == "POST /c host=h type= body=abcde unix=false");
    CHECK(client.read_answer().body == "GET /d host=h type= body= unix=false");
}

TEST_CASE("requests that arrive byte by byte are the same requests") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    const std::string_view requests =
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        "GET /c HTTP/1.1\r\nHost: h\r\n\r\n";
    for (std::size_t i = 0; i != requests.size(); ++i) {
        client.send(requests.substr(i, 1));
        server.catch_up();  // so that it sees them one by one
    }
    CHECK(client.read_answer().body == "POST /a host=h type= body=hello unix=false");
    CHECK(client.read_answer().body == "POST /b host=h type= body=abcde unix=false");
    CHECK(client.read_answer().body == "GET /c host=h type= body= unix=false");
}

TEST_CASE("HEAD is answered with the length and without the body") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    const http_answer head = client.request("HEAD", "/big");
    CHECK(head.status == 200);
    CHECK(head.header("Content-Length") == std::to_string(2 * echo::big_piece));
    CHECK(client.get("/after").status == 200);
}

TEST_CASE("a 304 has its tag and neither body nor length") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    const http_answer known = client.get("/known");
    CHECK(known.status == 304);
    CHECK_FALSE(known.header("Content-Length"));
    CHECK_FALSE(known.header("Content-Type"));
    CHECK(known.header("ETag").value_or("").size() == 18);
    const http_answer tagged = client.get("/tagged");
    CHECK(tagged.status == 200);
    CHECK(tagged.header("ETag").value_or("").size() == 18);
    CHECK_FALSE(client.get("/plain").header("ETag"));
}

TEST_CASE("what was created has a place and a tag of its own") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    const http_answer given = client.request("POST", "/created", {}, "x");
    CHECK(given.status == 201);
    CHECK(given.reason == "Created");
    CHECK(given.header("Location") == "/made/it");
    CHECK(given.header("ETag") == "\"i-1\"");
    CHECK_FALSE(client.get("/plain").header("Location"));
}

TEST_CASE("If-Match reaches the handler as it was sent, and one without a value is not none") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    CHECK(client.get("/if-match").body == "none");
    CHECK(client.request("GET", "/if-match", {{"if-match", "\"a\", W/\"b\""}}).body == "(\"a\", W/\"b\")");
    CHECK(client.request("GET", "/if-match", {{"If-Match", ""}}).body == "()");
}

TEST_CASE("a 405 tells what is allowed") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    const http_answer given = client.request("DELETE", "/missing");
    CHECK(given.status == 405);
    CHECK(given.reason == "Method Not Allowed");
    CHECK(given.header("Allow") == "GET, HEAD");
}

TEST_CASE("a page of another origin is told that it may read the answer") {
    serving server;
    http_client client = client_on(server.start_on_tcp());
    const http_answer told = client.request("GET", "/", {{"Origin", "https://page.example"}});
    CHECK(told.header("Access-Control-Allow-Origin") == "https://page.example");
    CHECK(told.header("Vary") == "Origin");
    CHECK_FALSE(client.get("/").header("Access-Control-Allow-Origin").has_value());
}

TEST_CASE("bodies reach the handler, whole or in chunks, with their type") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto client = client_on(port);
    CHECK(client.request("POST", "/p", {{"Content-Type", "application/json"}}, "{}").body ==
          fmt::format("POST /p host=127.0.0.1:{} type=application/json body={{}} unix=false", port));
    const std::string longest(1024 * 1024, 'x');
    CHECK(client.request("PUT", "/p", {{"Host", "h"}}, longest).body ==
          "PUT /p host=h type= body=(1048576 bytes) unix=false");
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the answer") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    for (const char* request :
         {"GET /x HTTP/1.0\r\nHost: h\r\n\r\n", "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
          "GET /x HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n"}) {
        CAPTURE(request);
        auto client = client_on(port);
        client.send(request);
        const http_answer given = client.read_answer();
        CHECK(given.status == 200);
        CHECK(given.header("Connection") == "close");
        CHECK(given.body == "GET /x host=h type= body= unix=false");
        CHECK(client.read_to_end().empty());
    }
}

TEST_CASE("what is not HTTP is refused in JSON, and the connection ends") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    const std::vector<std::pair<std::string, std::string>> table{
        {"hello\r\n", "the first line is not METHOD TARGET HTTP/1.1, with single spaces"},
        {std::string("\x16\x03\x01\x02\x00\x01", 6),
         "it looks like TLS, which is not spoken here; use http:// instead of https://"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 is not spoken here, use HTTP/1.1"},
        {"GET /\r\n", "the first line does not end in HTTP/1.1 or HTTP/1.0"},
        {"GET / HTTP/1.1\n", "a line ends in LF without CR"},
        {"GET / HTTP/1.1\r\nHost: h\n\n", "a line ends in LF without CR"},
        {"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", "a header line begins with a space"},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 needs a Host header"},
        {"GET http://evil/ HTTP/1.1\r\nHost: h\r\n\r\n", "the target is on another host than Host"},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
         "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
         "it has both Content-Length and Transfer-Encoding"},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
         "Content-Length is there twice"},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "a chunk is malformed"},
    };
    for (const auto& [request, why] : table) {
        CAPTURE(request);
        auto client = client_on(port);
        client.send(request);
        check_refusal(client, 400, "bad_request", "this is not a valid HTTP/1.1 request: " + why);
    }
}

TEST_CASE("a request that ends in the middle is refused; a connection that asks nothing just ends") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    for (const char* request :
         {"GET", "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell"}) {
        CAPTURE(request);
        auto client = client_on(port);
        client.send(request);
        client.finish_sending();
        const http_answer refused = client.read_answer();
        CHECK(refused.status == 400);
        CHECK(refused.body ==
              R"({"error":"bad_request","message":"this is not a valid HTTP/1.1 request: it ends in the middle"})");
    }
    auto silent = client_on(port);
    silent.finish_sending();
    CHECK(silent.read_to_end().empty());
}

TEST_CASE("headers over 16 KiB are refused") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    const std::vector<std::string> requests{
        fmt::format("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", std::string(20'000, 'x')),
        fmt::format("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", std::string(20'000, 'x')),
        fmt::format("GET / HTTP/1.1\r\nHost: h\r\nX: {}", std::string(200'000, 'x')),
    };
    for (const std::string& request : requests) {
        auto client = client_on(port);
        client.send(request);
        check_refusal(client, 431, "headers_too_large",
                      "the request's headers are over 16 KiB; send fewer or shorter ones");
    }
    auto client = client_on(port);
    CHECK(client.request("GET", "/", {{"X", std::string(15'000, 'x')}}).status == 200);
}

TEST_CASE("bodies over 1 MiB are refused, announced or not") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    const std::string too_long(1024 * 1024 + 1, 'x');
    const std::vector<std::string> requests{
        fmt::format("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}", too_long.size(), too_long),
        fmt::format("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                    too_long.size(), too_long),
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1099511627776\r\n\r\n",
    };
    for (const std::string& request : requests) {
        auto client = client_on(port);
        client.send(request);
        check_refusal(client, 413, "payload_too_large", "the request's body is over 1 MiB; send a smaller one");
    }
}

TEST_CASE("a client that is refused while it still sends is not cut off before it has read why") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1500000\r\n\r\n");
    for (int i = 0; i != 10; ++i) client.send(std::string(100'000, 'x'));
    CHECK(client.read_answer().status == 413);
    for (int i = 0; i != 5; ++i) client.send(std::string(100'000, 'x'));
    client.finish_sending();
    CHECK(client.read_to_end().empty());
}

TEST_CASE("who waits for a 100 before the body gets it, and then the answer") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    asio::io_context loop;
    asio::ip::tcp::socket client(loop);
    client.connect({asio::ip::address_v4::loopback(), port});
    const std::string header =
        "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n";
    asio::write(client, asio::buffer(header));
    std::string got;
    asio::read_until(client, asio::dynamic_buffer(got), "\r\n\r\n");
    CHECK(got == "HTTP/1.1 100 Continue\r\n\r\n");
    asio::write(client, asio::buffer("ok", 2));
    boost::system::error_code end;
    std::string rest;
    asio::read(client, asio::dynamic_buffer(rest), end);
    CHECK(rest.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(rest.ends_with("POST /p host=h type= body=ok unix=false"));
}

TEST_CASE("a big answer arrives whole, however slowly it is taken") {
    serving server;
    auto client = client_on(server.start_on_tcp());
    const http_answer given = client.get("/big");
    CHECK(given.body.size() == 2 * echo::big_piece);
    CHECK(given.body.find_first_not_of('x') == std::string::npos);
    CHECK(client.get("/after").status == 200);
}

TEST_CASE("a client that goes away in the middle of an answer harms nobody") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    for (const bool reset : {false, true}) {
        asio::io_context loop;
        asio::ip::tcp::socket client(loop);
        client.connect({asio::ip::address_v4::loopback(), port});
        asio::write(client, asio::buffer(std::string("GET /big HTTP/1.1\r\nHost: h\r\n\r\n")));
        std::string begun;
        asio::read_until(client, asio::dynamic_buffer(begun), "\r\n\r\n");
        if (reset) client.set_option(asio::socket_base::linger(true, 0));
    }
    CHECK(client_on(port).get("/next").status == 200);
    CHECK(happens(server.shut_down()));  // their sessions have ended
    for (const std::string& line : server.log.lines()) CHECK(line.starts_with("info "));
}

TEST_CASE("an exception of the handler ends its connection alone, and is logged") {
    serving server;
    const std::uint16_t port = server.start_on_tcp();
    auto unlucky = client_on(port);
    auto other = client_on(port);
    CHECK(other.get("/x").status == 200);
    unlucky.send("GET /bug HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(unlucky.read_to_end().empty());
    CHECK(other.get("/x").status == 200);
    CHECK(server.log.contains("error a connection ended in an exception, please report it: a bug of the handler"));
}

TEST_CASE("an answer that is for its client alone is not prepared any longer when that has left") {
    for (const std::string target : {"/hers", "/slow"}) {
        CAPTURE(target);
        lone_session one;
        one.send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
        CHECK(one.handler.answering == 1);
        one.client.close();
        settle(one.loop);
        const bool alone = target == "/hers";
        CHECK(one.handler.answering == (alone ? 0 : 1));
        CHECK(one.serving->ended() == alone);
        one.handler.release();
        settle(one.loop);
        CHECK(one.handler.answering == 0);
        CHECK(one.serving->ended());
        CHECK_FALSE(one.serving->failed());
    }
}

TEST_CASE("a client that waits gets the answer that is for it alone, also with a request ahead, and after a shutdown") {
    lone_session one;
    one.send("GET /hers HTTP/1.1\r\nHost: h\r\n\r\nGET /after HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(one.take().empty());
    one.handler.release();
    settle(one.loop);
    const std::string taken = one.take();
    CHECK(taken.find("GET /hers ") != taken.npos);
    CHECK(taken.find("GET /after ") != taken.npos);

    lone_session other;
    other.send("GET /hers HTTP/1.1\r\nHost: h\r\n\r\n");
    other.served->shut_down();
    other.handler.release();
    settle(other.loop);
    CHECK(other.take().find("GET /hers ") != std::string::npos);
    CHECK(other.serving->ended());
}
