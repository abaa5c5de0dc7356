#include "daemon/http/answer_head.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <string>

using namespace opd;
using namespace opd::http;
using namespace opd::wire;

namespace {

std::string head_of(const answer& given, bool over_unix_socket = false, bool keep_alive = true) {
    static const std::regex date(R"(Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)");
    std::string out = "what was there before";
    write_answer_head(given, {.over_unix_socket = over_unix_socket, .keep_alive = keep_alive}, out);
    return std::regex_replace(out, date, "Date: NOW");
}

answer answer_with(unsigned status) { return {.status = status, .body = make_document("{}")}; }

const std::string for_browsers =
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Vary: Origin\r\n";

}  // namespace

TEST_CASE("every answer tells browsers what it is not") {
    for (const unsigned status : {200U, 201U, 204U, 304U, 400U, 403U, 404U, 405U, 408U, 413U, 431U, 500U, 503U}) {
        CAPTURE(status);
        CHECK(head_of(answer_with(status)).find("\r\n" + for_browsers) != std::string::npos);
    }
}

TEST_CASE("the head of an answer, byte by byte") {
    CHECK(head_of(answer_with(200)) ==
          "HTTP/1.1 200 OK\r\nServer: operatord\r\nDate: NOW\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
          "Cache-Control: no-store\r\n" +
              for_browsers + "\r\n");
    answer made = answer_with(201);
    made.etag = "\"i-1\"";
    made.location = "/made/it";
    CHECK(head_of(made, false, false) ==
          "HTTP/1.1 201 Created\r\nServer: operatord\r\nDate: NOW\r\nContent-Type: application/json\r\n"
          "Content-Length: 2\r\nETag: \"i-1\"\r\nCache-Control: no-cache\r\nLocation: /made/it\r\n" +
              for_browsers + "Connection: close\r\n\r\n");
    answer refused = answer_with(405);
    refused.allow = "GET, HEAD";
    CHECK(head_of(refused).find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
}

TEST_CASE("the type of an answer, its policy and how long it may be kept are its own") {
    answer page = answer_with(200);
    page.content_type = "text/html; charset=utf-8";
    page.content_policy = "default-src 'self'";
    page.cache_control = "max-age=60";
    page.tagged = true;
    CHECK(head_of(page) ==
          "HTTP/1.1 200 OK\r\nServer: operatord\r\nDate: NOW\r\nContent-Type: text/html; charset=utf-8\r\n"
          "Content-Length: 2\r\nETag: " +
              page.body->etag + "\r\nCache-Control: max-age=60\r\nContent-Security-Policy: default-src 'self'\r\n" +
              for_browsers.substr(for_browsers.find("X-Content-Type-Options")) + "\r\n");
}

TEST_CASE("an answer that is sent as it comes has no length") {
    answer given;
    given.stream = std::make_shared<const body_stream>();
    const std::string chunked = head_of(given);
    CHECK(chunked.find(
              "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nCache-Control: no-store\r\n") !=
          std::string::npos);
    std::string old;
    write_answer_head(given, {.keep_alive = false, .chunked = false}, old);
    CHECK(old.find("Transfer-Encoding") == std::string::npos);
    CHECK(old.find("Content-Length") == std::string::npos);
    given.status = 204;
    CHECK(head_of(given).find("Transfer-Encoding") == std::string::npos);
}

TEST_CASE("answers with a tag may be kept and asked about, but none of the unix socket, where values are shown") {
    answer tagged = answer_with(200);
    tagged.tagged = true;
    const std::string tag = "\r\nETag: " + tagged.body->etag;
    CHECK(head_of(tagged).find(tag + "\r\nCache-Control: no-cache\r\n") != std::string::npos);
    CHECK(head_of(tagged, true).find(tag + "\r\nCache-Control: no-store\r\n") != std::string::npos);
    tagged.status = 304;
    CHECK(head_of(tagged) == "HTTP/1.1 304 Not Modified\r\nServer: operatord\r\nDate: NOW" + tag +
                                 "\r\nCache-Control: no-cache\r\n" + for_browsers + "\r\n");
}

TEST_CASE("a page of another origin learns that it may read the answer, and what it may send") {
    answer given = answer_with(200);
    given.page_origin = "https://page.example";
    CHECK(head_of(given).find("\r\nAccess-Control-Allow-Origin: https://page.example\r\n"
                              "Access-Control-Expose-Headers: ETag, Location\r\nContent-Security-Policy") !=
          std::string::npos);
    given.status = 204;
    given.permits = page_permission{.methods = "GET, HEAD, PUT", .private_network = false};
    const std::string permitted =
        "HTTP/1.1 204 No Content\r\nServer: operatord\r\nDate: NOW\r\nCache-Control: no-store\r\n"
        "Access-Control-Allow-Origin: https://page.example\r\nAccess-Control-Allow-Methods: GET, HEAD, PUT\r\n"
        "Access-Control-Allow-Headers: Authorization, Content-Type, If-Match, If-None-Match\r\n"
        "Access-Control-Max-Age: 600\r\n";
    CHECK(head_of(given) == permitted + for_browsers + "\r\n");
    given.permits->private_network = true;
    CHECK(head_of(given) == permitted + "Access-Control-Allow-Private-Network: true\r\n" + for_browsers + "\r\n");
    // Nothing of it for anybody else.
    CHECK(head_of(answer_with(403)).find("Access-Control") == std::string::npos);
}
