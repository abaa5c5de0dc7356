#include "daemon/http/request_head.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace opd;
using namespace std::string_view_literals;

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
