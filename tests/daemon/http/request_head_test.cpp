#include "daemon/http/request_head.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace opd;
using namespace opd::http;
using namespace std::string_view_literals;

namespace {

/// What is wrong with a request that has these lines below its first one.
std::string fault_with(std::string_view lines, std::string_view version = "1.1") {
    request_head head;
    return read_request_head(fmt::format("POST /p HTTP/{}\r\nHost: h\r\n{}\r\n", version, lines), head);
}

}  // namespace

TEST_CASE("heads that are as they should be") {
    for (const std::string_view head :
         {"GET / HTTP/1.1\r\n\r\n"sv, "GET / HTTP/1.0\r\n\r\n"sv, "GET / HTTP/1.1\r\nHost: h\r\nA:b\r\n\r\n"sv,
          "M-SEARCH!#$%&'*+.^_`|~ * HTTP/1.1\r\nHost:\r\n\r\n"sv, "GET / HTTP/1.1\r\nX: \ta \t b\t\r\n\r\n"sv,
          "GET / HTTP/1.1\r\nX: f\xc3\xbcr \xff\r\n\r\n"sv, "GET /a?b=[c]|{}^`\\\"<> HTTP/1.1\r\nX: :a:\r\n\r\n"sv}) {
        CAPTURE(head);
        CHECK(fault_in_start(head).empty());
        CHECK(fault_in_head(head).empty());
    }
}

TEST_CASE("what is wrong with a request line") {
    const std::string_view no_method = "it does not begin with a method";
    const std::string_view no_line = "the first line is not METHOD TARGET HTTP/1.1, with single spaces";
    const std::string_view no_version = "the first line does not end in HTTP/1.1 or HTTP/1.0";
    const std::string_view not_ascii = "the target holds a byte that is no printable ASCII; write it as %XX";
    const std::vector<std::pair<std::string_view, std::string_view>> table{
        {"", no_method},
        {" GET / HTTP/1.1", no_method},
        {"G(T / HTTP/1.1", no_method},
        {"G\x01T / HTTP/1.1", no_method},
        {"GET\t/ HTTP/1.1", no_method},
        {"GET\0 / HTTP/1.1"sv, no_method},
        {"G\xc3\x84T / HTTP/1.1", no_method},
        {"{\"json\": 1}", no_method},
        {"GET", no_line},
        {"GET ", no_line},
        {"GET  / HTTP/1.1", no_line},
        {"GET /", no_version},  // HTTP/0.9
        {"GET / ", no_version},
        {"GET /  HTTP/1.1", no_version},
        {"GET / HTTP/1.1 ", no_version},
        {"GET / HTTP/1.1 x", no_version},
        {"GET /a b HTTP/1.1", no_version},
        {"GET / http/1.1", no_version},
        {"GET / HTTP/1.2", no_version},
        {"GET / HTTP/1.10", no_version},
        {"GET / HTTP/01.1", no_version},
        {"GET / HTTP/0.9", no_version},
        {"GET / HTTP/2.0", no_version},
        {"GET / HTTPS", no_version},
        {"GET / HTTP/1.1\r", no_version},
        {"GET /\xc3\xa9 HTTP/1.1", not_ascii},
        {"GET /\x7f HTTP/1.1", not_ascii},
        {"GET /\0 HTTP/1.1"sv, not_ascii},
        {"GET /a\tb HTTP/1.1", not_ascii},
        {"GET /a\rb HTTP/1.1", not_ascii},
        {"PRI * HTTP/2.0", "HTTP/2 is not spoken here, use HTTP/1.1"},
    };
    for (const auto& [line, fault] : table) {
        CAPTURE(line);
        const std::string head = fmt::format("{}\r\nHost: h\r\n\r\n", line);
        CHECK(fault_in_start(head) == fault);
        CHECK(fault_in_head(head) == fault);
    }
    CHECK(fault_in_head("GET / HTTP/1.1\n\r\n") == "a line ends in LF without CR");
}

TEST_CASE("the beginning is judged before the rest has come") {
    for (const char* well : {"", "G", "GET", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\nX"})
        CHECK(fault_in_start(well).empty());
    CHECK(fault_in_start("\x16\x03\x01\x02") ==
          "it looks like TLS, which is not spoken here; use http:// instead of https://");
    CHECK(fault_in_start("\r\n") == "it does not begin with a method");
    CHECK(fault_in_start("\n") == "it does not begin with a method");
    CHECK(fault_in_start("\x80") == "it does not begin with a method");
    CHECK(fault_in_start("GET /\r\n") == "the first line does not end in HTTP/1.1 or HTTP/1.0");
    CHECK(fault_in_start("GET / HTTP/1.1\n") == "a line ends in LF without CR");
}

TEST_CASE("what is wrong with headers") {
    const std::string_view no_name = "the name of a header is not one";
    const std::string_view control = "a header holds a control character";
    const std::string_view folded = "a header line begins with a space";
    const std::string_view no_colon = "a header line has no colon";
    const std::string_view bare = "a line ends in LF without CR";
    const std::vector<std::pair<std::string_view, std::string_view>> table{
        {"Host : h\r\n", no_name},
        {"Host\t: h\r\n", no_name},
        {": h\r\n", no_name},
        {"Ho st: h\r\n", no_name},
        {"Ho\0st: h\r\n"sv, no_name},
        {"H\xc3\xb6st: h\r\n", no_name},
        {"Host(): h\r\n", no_name},
        {"Host\r: h\r\n", no_name},
        {"Host\r\n", no_colon},
        {"\rHost\r\n", no_colon},
        {" Host: h\r\n", folded},
        {"\tHost: h\r\n", folded},
        {"X: a\r\n b\r\n", folded},
        {"X: a\r\n\tContent-Length: 5\r\n", folded},
        {"X: a\r\n \r\n", folded},
        {"X: a\0b\r\n"sv, control},
        {"X: a\rb\r\n", control},
        {"X: a\r\r\n", control},
        {"X: a\x7f\r\n", control},
        {"X: \x1b[31m\r\n", control},
        {"X: a\n", bare},
        {"X: a\nY: b\r\n", bare},
        {"X: a\n\r\n", bare},
    };
    for (const auto& [lines, fault] : table) {
        CAPTURE(lines);
        CHECK(fault_in_head(fmt::format("GET / HTTP/1.1\r\nA: b\r\n{}\r\n", lines)) == fault);
    }
    CHECK(fault_in_head("GET / HTTP/1.1\r\nA: b\r\n\n") == bare);
}

TEST_CASE("a head ends at its first empty line, whatever the line ends are") {
    const std::vector<std::pair<std::string_view, std::size_t>> table{
        {"", 0},
        {"GET / HTTP/1.1\r\n", 0},
        {"GET / HTTP/1.1\r\nHost: h\r\n", 0},
        {"GET / HTTP/1.1\r\nHost: h\r\n\r", 0},
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27},
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\nrest\r\n\r\n", 27},
        {"GET / HTTP/1.1\nHost: h\n\nrest", 24},
        {"GET / HTTP/1.1\r\nHost: h\n\r\nrest", 26},
        {"GET / HTTP/1.1\r\nHost: h\r\n\nrest", 26},
    };
    for (const auto& [bytes, end] : table) {
        CAPTURE(bytes);
        CHECK(find_head_end(bytes, 0) == end);
        // The same where they come one by one.
        std::size_t found = 0;
        for (std::size_t size = 0; size <= bytes.size() && found == 0; ++size)
            found = find_head_end(bytes.substr(0, size), size == 0 ? 0 : size - 1);
        CHECK(found == end);
    }
}

TEST_CASE("a head is taken apart") {
    const std::string bytes =
        "PUT /a%20b?c=d HTTP/1.1\r\nhOsT: localhost:7008\r\nOrigin:http://o\r\nSec-Fetch-Site: none\r\n"
        "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Private-Network: true\r\n"
        "Authorization: Bearer t\r\nContent-Type: \t application/json ; x \t\r\nIf-None-Match: \"a\"\r\n"
        "If-Match:\r\nExpect: 100-Continue\r\nContent-Length: 12\r\nX: y\r\n\r\n";
    request_head head;
    REQUIRE(read_request_head(bytes, head).empty());
    CHECK(head.asked.method == "PUT");
    CHECK(head.asked.target == "/a%20b?c=d");
    CHECK(head.asked.host == "localhost:7008");
    CHECK(head.asked.origin == "http://o");
    CHECK(head.asked.fetch_site == "none");
    CHECK(head.asked.preflight_method == "PUT");
    CHECK(head.asked.preflight_network == "true");
    CHECK(head.asked.authorization == "Bearer t");
    CHECK(head.asked.content_type == "application/json ; x");
    CHECK(head.asked.if_none_match == "\"a\"");
    CHECK(head.asked.if_match == "");
    CHECK(head.asked.body.empty());
    CHECK(head.headers.size() == 12);
    CHECK(head.headers.back().name == "X");
    CHECK(head.body.length == 12);
    CHECK_FALSE(head.body.chunked);
    CHECK_FALSE(head.http_1_0);
    CHECK_FALSE(head.last);
    CHECK(head.waits_for_100);
}

TEST_CASE("nothing of a head is left in the next one") {
    request_head head;
    REQUIRE(read_request_head("POST / HTTP/1.1\r\nHost: h\r\nOrigin: o\r\nIf-Match: *\r\nExpect: 100-continue\r\n"
                              "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
                              head)
                .empty());
    REQUIRE(read_request_head("GET / HTTP/1.1\r\nHost: h\r\n\r\n", head).empty());
    CHECK(head.asked.origin.empty());
    CHECK_FALSE(head.asked.if_match);
    CHECK(head.headers.size() == 1);
    CHECK_FALSE(head.waits_for_100);
    CHECK_FALSE(head.last);
    CHECK_FALSE(head.body.chunked);
}

TEST_CASE("the last request of a connection says so, or is of HTTP/1.0") {
    const std::vector<std::pair<std::string, bool>> table{
        {"", false},
        {"Connection: keep-alive\r\n", false},
        {"Connection: close\r\n", true},
        {"Connection: Close\r\n", true},
        {"Connection: keep-alive , close\r\n", true},
        {"Connection: x\r\nConnection: close\r\n", true},
        {"Connection: closed\r\n", false},
    };
    for (const auto& [lines, last] : table) {
        CAPTURE(lines);
        request_head head;
        REQUIRE(read_request_head(fmt::format("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", lines), head).empty());
        CHECK(head.last == last);
        REQUIRE(read_request_head(fmt::format("GET / HTTP/1.0\r\nHost: h\r\n{}\r\n", lines), head).empty());
        CHECK(head.last);
    }
}

TEST_CASE("HTTP/1.0 needs no Host, and does not wait for a 100") {
    request_head head;
    CHECK(read_request_head("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", head).empty());
    CHECK_FALSE(head.waits_for_100);
    CHECK(read_request_head("GET / HTTP/1.1\r\n\r\n", head) == "HTTP/1.1 needs a Host header");
    CHECK(read_request_head("GET / HTTP/1.1\r\nHost:\r\n\r\n", head).empty());
}

TEST_CASE("how long the body is can be understood in one way only") {
    request_head head;
    REQUIRE(read_request_head("POST / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: Chunked\r\n\r\n", head).empty());
    CHECK(head.body.chunked);
    REQUIRE(read_request_head("POST / HTTP/1.0\r\nContent-Length: 007\r\n\r\n", head).empty());
    CHECK(head.body.length == 7);
    REQUIRE(read_request_head("POST / HTTP/1.0\r\nContent-Length: 99999999999999999999999\r\n\r\n", head).empty());
    CHECK(head.body.length == UINT64_MAX);

    const std::string_view no_number = "Content-Length is not a number";
    const std::string_view chunked_alone = "the only Transfer-Encoding here is chunked";
    const std::string_view both = "it has both Content-Length and Transfer-Encoding";
    const std::vector<std::pair<std::string_view, std::string_view>> table{
        {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", both},
        {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", both},
        {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", both},
        {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length is there twice"},
        {"Content-Length: 5\r\ncontent-length: 5\r\n", "Content-Length is there twice"},
        {"Content-Length: 5, 5\r\n", no_number},
        {"Content-Length: 5,\r\n", no_number},
        {"Content-Length: +5\r\n", no_number},
        {"Content-Length: -1\r\n", no_number},
        {"Content-Length: 0x5\r\n", no_number},
        {"Content-Length: 5 5\r\n", no_number},
        {"Content-Length: 5;\r\n", no_number},
        {"Content-Length: 5.0\r\n", no_number},
        {"Content-Length: 1e3\r\n", no_number},
        {"Content-Length:\r\n", no_number},
        {"Content-Length: \xd9\xa5\r\n", no_number},  // an Arabic five
        {"Transfer-Encoding: identity\r\n", chunked_alone},
        {"Transfer-Encoding: gzip, chunked\r\n", chunked_alone},
        {"Transfer-Encoding: chunked, identity\r\n", chunked_alone},
        {"Transfer-Encoding: chunked,\r\n", chunked_alone},
        {"Transfer-Encoding: xchunked\r\n", chunked_alone},
        {"Transfer-Encoding: \"chunked\"\r\n", chunked_alone},
        {"Transfer-Encoding: chunked;q=1\r\n", chunked_alone},
        {"Transfer-Encoding:\r\n", chunked_alone},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding is there twice"},
    };
    for (const auto& [lines, fault] : table) {
        CAPTURE(lines);
        CHECK(fault_with(lines) == fault);
    }
    CHECK(fault_with("Transfer-Encoding: chunked\r\n", "1.0") == "HTTP/1.0 has no Transfer-Encoding");
}

TEST_CASE("headers that decide something are there once") {
    for (const char* name :
         {"Host", "Origin", "Sec-Fetch-Site", "Access-Control-Request-Method", "Access-Control-Request-Private-Network",
          "Authorization", "Content-Type", "If-Match", "If-None-Match", "Expect"}) {
        CAPTURE(name);
        CHECK(fault_with(fmt::format("{0}: a\r\nX: y\r\n{0}: a\r\n", name)) ==
              fmt::format("the header {} is there twice", name));
    }
    CHECK(fault_with("HOST: h\r\n") == "the header Host is there twice");
    CHECK(fault_with("Accept: a\r\nAccept: b\r\n").empty());
    CHECK(fault_with("Origin:\r\n") == "Origin is empty");
}

TEST_CASE("targets are paths, or whole URLs on the same host") {
    const std::vector<std::pair<std::string_view, std::string_view>> good{
        {"GET /", "/"},
        {"GET //evil.example/", "//evil.example/"},  // a path with an empty segment
        {"GET /?http://evil.example", "/?http://evil.example"},
        {"GET http://h:1", "/"},
        {"GET HTTP://H:1/a?b", "/a?b"},
        {"OPTIONS *", "*"},
    };
    for (const auto& [line, path] : good) {
        CAPTURE(line);
        request_head head;
        const std::string bytes = fmt::format("{} HTTP/1.1\r\nHost: h:1\r\n\r\n", line);
        CHECK(read_request_head(bytes, head).empty());
        CHECK(head.asked.target == path);
    }
    const std::string_view no_target = "the target is neither a path nor a URL of plain http";
    const std::string_view elsewhere = "the target is on another host than Host";
    const std::vector<std::pair<std::string_view, std::string_view>> bad{
        {"GET *", no_target},
        {"GET h:1", no_target},
        {"GET a/b", no_target},
        {"GET ?a", no_target},
        {"GET https://h:1/", no_target},
        {"GET ftp://h:1/", no_target},
        {"GET http:/h:1/", no_target},
        {"OPTIONS **", no_target},
        {"GET http://evil.example/", elsewhere},
        {"GET http://h/", elsewhere},
        {"GET http://h:2/", elsewhere},
        {"GET http://user@h:1/", elsewhere},
        {"GET http:///", elsewhere},
        {"GET http://h:1\\@evil.example/", elsewhere},
        {"GET http://h:1?a", "the target has no path"},
        {"GET /a#b", "the target holds a fragment (#)"},
        {"GET http://h:1#@evil.example/", "the target holds a fragment (#)"},
        {"CONNECT h:1", "CONNECT is for proxies, which this is not"},
        {"CONNECT /", "CONNECT is for proxies, which this is not"},
    };
    for (const auto& [line, fault] : bad) {
        CAPTURE(line);
        request_head head;
        CHECK(read_request_head(fmt::format("{} HTTP/1.1\r\nHost: h:1\r\n\r\n", line), head) == fault);
    }
}
