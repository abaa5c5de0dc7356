// Requests that a proxy in front of the daemon and the daemon itself could understand differently (request smuggling,
// RFC 9112 11.2), and what else is no HTTP/1.1. Most would be refused by the HTTP library, too, so that they are shown
// to succeed against a server without it.

#include "tests/e2e/attacks/asking.hpp"
#include "tests/e2e/attacks/attack.hpp"

#include <array>

namespace opd::test {
namespace {

/// The bytes, with `@` in the place of the right Host.
bool accepted(arena& where, std::string bytes) {
    const std::string host = "127.0.0.1:" + std::to_string(where.port());
    for (std::size_t at = bytes.find('@'); at != bytes.npos; at = bytes.find('@', at + host.size()))
        bytes.replace(at, 1, host);
    const unsigned status = status_of(where, bytes);
    return status != 0 && status != 400 && status != 413;
}

bool get_with(arena& where, const std::string& lines) {
    return accepted(where, "GET /api/v1/health HTTP/1.1\r\nHost: @\r\n" + lines + "\r\n");
}

bool post_with(arena& where, const std::string& lines, const std::string& body) {
    return accepted(where, "POST /api/v1/launch/resolve HTTP/1.1\r\nHost: @\r\nContent-Type: application/json\r\n" +
                               lines + "\r\n" + body);
}

using namespace std::string_literals;

constexpr weakness naive = weakness::naive_stub;

constexpr std::array<attack, 32> parser_table{{
    {"a length and chunks",
     [](arena& where) { return post_with(where, "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"); },
     naive},
    {"chunks and a length",
     [](arena& where) { return post_with(where, "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"); },
     naive},
    {"two different lengths",
     [](arena& where) { return post_with(where, "Content-Length: 2\r\nContent-Length: 3\r\n", "{} "); }, naive},
    {"the same length twice",
     [](arena& where) { return post_with(where, "Content-Length: 2\r\nContent-Length: 2\r\n", "{}"); }, naive},
    {"a list of lengths", [](arena& where) { return post_with(where, "Content-Length: 2, 2\r\n", "{}"); }, naive},
    {"a length with a sign", [](arena& where) { return post_with(where, "Content-Length: +2\r\n", "{}"); }, naive},
    {"a negative length", [](arena& where) { return post_with(where, "Content-Length: -2\r\n", "{}"); }, naive},
    {"a length in hexadecimal", [](arena& where) { return post_with(where, "Content-Length: 0x2\r\n", "{}"); }, naive},
    {"a length beyond 64 bits",
     [](arena& where) { return post_with(where, "Content-Length: 18446744073709551618\r\n", "{}"); }, naive},
    {"an encoding that only looks like chunks",
     [](arena& where) { return post_with(where, "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"); }, naive},
    {"chunks inside another encoding",
     [](arena& where) { return post_with(where, "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"); }, naive},
    {"the encoding twice",
     [](arena& where) {
         return post_with(where, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                          "2\r\n{}\r\n0\r\n\r\n");
     },
     naive},
    {"chunks in HTTP/1.0",
     [](arena& where) {
         return accepted(where,
                         "POST /api/v1/launch/resolve HTTP/1.0\r\nHost: @\r\nContent-Type: application/json\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
     },
     naive},
    {"a chunk's size with a sign",
     [](arena& where) { return post_with(where, "Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n"); }, naive},
    {"a chunk's size beyond 64 bits",
     [](arena& where) {
         return post_with(where, "Transfer-Encoding: chunked\r\n", "10000000000000002\r\n{}\r\n0\r\n\r\n");
     },
     naive},
    {"a chunk that does not end where it says",
     [](arena& where) { return post_with(where, "Transfer-Encoding: chunked\r\n", "2\r\n{}X\r\n0\r\n\r\n"); }, naive},
    {"a header that goes on in the next line", [](arena& where) { return get_with(where, "X-A: b\r\n c\r\n"); }, naive},
    {"a header before the first one has begun",
     [](arena& where) { return accepted(where, "GET /api/v1/health HTTP/1.1\r\n Host: @\r\nHost: @\r\n\r\n"); }, naive},
    {"lines that end in LF alone",
     [](arena& where) { return accepted(where, "GET /api/v1/health HTTP/1.1\nHost: @\n\n"); }, naive},
    {"one header that ends in LF alone", [](arena& where) { return get_with(where, "X-A: b\nX-C: d\r\n"); }, naive},
    {"a CR inside a header", [](arena& where) { return get_with(where, "X-A: b\rX-C: d\r\n"); }, naive},
    {"a blank before the colon", [](arena& where) { return get_with(where, "Content-Length : 0\r\n"); }, naive},
    {"a header without a name", [](arena& where) { return get_with(where, ": b\r\n"); }, naive},
    {"a NUL in a header", [](arena& where) { return get_with(where, "X-A: b\0c\r\n"s); }, naive},
    {"a NUL in the target",
     [](arena& where) { return accepted(where, "GET /api/v1/hea\0lth HTTP/1.1\r\nHost: @\r\n\r\n"s); }, naive},
    {"an escape sequence in a header", [](arena& where) { return get_with(where, "X-A: \x1b[2J\r\n"); }, naive},
    {"a second Host", [](arena& where) { return get_with(where, "Host: @\r\n"); }, naive},
    {"no Host", [](arena& where) { return accepted(where, "GET /api/v1/health HTTP/1.1\r\n\r\n"); }, naive},
    {"the whole URL of another host",
     [](arena& where) { return accepted(where, "GET http://evil.example/api/v1/health HTTP/1.1\r\nHost: @\r\n\r\n"); },
     naive},
    {"a tunnel through the daemon",
     [](arena& where) { return accepted(where, "CONNECT @ HTTP/1.1\r\nHost: @\r\n\r\n"); }, naive},
    {"the preface of HTTP/2", [](arena& where) { return accepted(where, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); }, naive},
    {"a second request in the body of a refused one",
     [](arena& where) {
         const std::string host = "127.0.0.1:" + std::to_string(where.port());
         auto client = http_client::over_tcp("127.0.0.1", where.port());
         client.send("POST /api/v1/launch/resolve HTTP/1.1\r\nHost: " + host +
                     "\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/health "
                     "HTTP/1.1\r\nHost: " +
                     host + "\r\n\r\n");
         client.finish_sending();
         return client.read_to_end().find("200 OK") != std::string::npos;
     },
     naive},
}};

}  // namespace

std::span<const attack> attacks_on_the_parser() { return parser_table; }

}  // namespace opd::test
