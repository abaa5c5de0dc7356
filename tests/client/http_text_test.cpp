#include "client/connection.hpp"
#include "config/base/version.hpp"

#include <doctest/doctest.h>

using namespace opd;

namespace {

const std::string answer =
    "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length:  4 \r\nETag: \"7\"\r\nX-Etag: no\r\n\r\nbody";

connection_failure failure(std::string_view received, bool ended) {
    const auto reply = read_reply(received, ended);
    REQUIRE(reply.has_value());
    REQUIRE_FALSE(reply->has_value());
    return reply->error();
}

}  // namespace

TEST_CASE("a request is written") {
    const std::string agent = "User-Agent: operatorctl/" + std::string(version()) + "\r\n";
    CHECK(request_text({.target = "/x?y"}, "box:1") ==
          "GET /x?y HTTP/1.0\r\nHost: box:1\r\nAccept: application/json\r\n" + agent + "\r\n");
    CHECK(request_text({.target = "/x", .method = http_method::put, .body = "{}", .if_match = "\"7\""}, "localhost") ==
          "PUT /x HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n" + agent +
              "If-Match: \"7\"\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    CHECK(request_text({.target = "/x"}, "box:1", secret("t0ken")).find("\r\nAuthorization: Bearer t0ken\r\n") !=
          std::string::npos);
    CHECK(request_text({.target = "/x"}, "box:1").find("Authorization") == std::string::npos);
    CHECK(request_text({.target = "/x", .method = http_method::post}, "h").starts_with("POST /x HTTP/1.0\r\n"));
    CHECK(request_text({.target = "/x", .method = http_method::remove}, "h").starts_with("DELETE /x HTTP/1.0\r\n"));
}

TEST_CASE("an answer is there with the last byte of its body, however it arrives") {
    for (std::size_t length = 0; length < answer.size(); ++length) {
        CAPTURE(length);
        CHECK_FALSE(read_reply(answer.substr(0, length), false).has_value());
    }
    for (const std::string& received : {answer, answer + "more"}) {
        const auto reply = read_reply(received, false);
        REQUIRE((reply && *reply));
        CHECK((*reply)->status == 200);
        CHECK((*reply)->body == "body");
        CHECK((*reply)->etag == "\"7\"");
    }
}

TEST_CASE("an answer without a length ends with the connection") {
    const std::string open = "HTTP/1.0 404 Not Found\r\n\r\nbody";
    CHECK_FALSE(read_reply(open, false).has_value());
    const auto reply = read_reply(open, true);
    REQUIRE((reply && *reply));
    CHECK((*reply)->status == 404);
    CHECK((*reply)->body == "body");
    CHECK((*reply)->etag.empty());
}

TEST_CASE("an answer that breaks off is none") {
    CHECK(failure("", true).detail == "it ended the connection");
    for (std::size_t length = 1; length < answer.size(); ++length) {
        CAPTURE(length);
        const connection_failure broken = failure(answer.substr(0, length), true);
        CHECK(broken.why == connection_failure::reason::broken);
        const bool within = length >= answer.find("\r\n\r\n") + 4;
        CHECK(broken.detail == (within ? "it ended the connection within its answer" : "its answer is not HTTP"));
    }
}

TEST_CASE("what is not HTTP is seen as soon as it shows") {
    const std::string cases[] = {"S",
                                 "HTTP/2 200",
                                 "\x16\x03\x01",
                                 "HTTP/1.1\r\n\r\n",
                                 "HTTP/1.1 2x0 OK\r\n\r\n",
                                 "HTTP/1.1 100 Continue\r\n\r\n",
                                 "HTTP/1.1_200 OK\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 4x\r\n\r\nbody",
                                 "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nbody",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x')};
    for (const std::string& text : cases) {
        CAPTURE(text.substr(0, 40));
        const connection_failure broken = failure(text, false);
        CHECK(broken.why == connection_failure::reason::broken);
        CHECK(broken.detail == "its answer is not HTTP");
    }
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", false).detail == "its answer is too long");
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", false).detail ==
          "its answer is not HTTP");
}
