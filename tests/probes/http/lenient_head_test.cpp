#include "probes/http/lenient_head.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace opd;

TEST_CASE("the head of an answer ends with its first empty line, whatever ends a line") {
    CHECK(head_size("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody") == 25);
    CHECK(head_size("HTTP/1.1 200 OK\nA: b\n\nbody") == 22);
    CHECK(head_size("HTTP/1.1 200 OK\r\n\r\n") == 19);
    CHECK(head_size("HTTP/1.1 200 OK\r\nA: b\r\n\r") == std::string::npos);
    CHECK(head_size("") == std::string::npos);
}

TEST_CASE("a head that only lenient programs read is mended, and others stay as they are") {
    struct sample {
        std::string sent, mended;
    };
    const sample samples[] = {
        {"HTTP/1.1 200\r\nA: b\r\n\r\n", "HTTP/1.1 200 \r\nA: b\r\n\r\n"},
        {"HTTP/1.0 404\r\n\r\n", "HTTP/1.0 404 \r\n\r\n"},
        {"HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\nX Powered By: lab\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\ntransfer-encoding: Chunked\r\n\r\n",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
    };
    for (const sample& one : samples) {
        CAPTURE(one.sent);
        CHECK(mended_head(one.sent) == one.mended);
        CHECK(mended_head(one.mended) == std::nullopt);
    }
    // Folded and odd lines are left to the parser.
    for (const char* const fine : {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                                   "HTTP/1.1 2000\r\n\r\n", "\r\n\r\n"}) {
        CAPTURE(fine);
        CHECK(mended_head(fine) == std::nullopt);
    }
}
