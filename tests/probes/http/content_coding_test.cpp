#include "probes/http/content_coding.hpp"

#include "tests/probes/run_coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>

#include <zlib.h>

using namespace opd;
using namespace opd::test;

namespace {

std::string zipped(const std::string& text) {
    z_stream zip{};
    REQUIRE(deflateInit2(&zip, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string in = text;
    std::string out(deflateBound(&zip, in.size()) + 64, '\0');
    zip.next_in = reinterpret_cast<Bytef*>(in.data());
    zip.avail_in = static_cast<uInt>(in.size());
    zip.next_out = reinterpret_cast<Bytef*>(out.data());
    zip.avail_out = static_cast<uInt>(out.size());
    CHECK(deflate(&zip, Z_FINISH) == Z_STREAM_END);
    out.resize(zip.total_out);
    deflateEnd(&zip);
    return out;
}

struct decoded {
    std::optional<failure> failed;
    http_reply reply;
};

decoded decode(const std::string& coding, const std::string& body, std::uint64_t most = 1 << 20) {
    boost::asio::io_context io;
    decoded out;
    out.reply.content_encoding = coding;
    out.reply.body = body;
    out.failed = run_coroutine(io, decode_body(out.reply, most));
    return out;
}

}  // namespace

TEST_CASE("a body is decoded by what it is, whatever its coding is called") {
    const std::string list = R"({"data":[{"id":")" + std::string(300'000, 'm') + R"("}]})";
    const std::string half = R"({"data":[)";
    for (const char* const coding : {"gzip", "GZIP", "x-gzip", "", "identity", "utf-8"}) {
        CAPTURE(coding);
        const auto got = decode(coding, zipped(list));
        CHECK_FALSE(got.failed);
        CHECK(got.reply.body == list);
        CHECK(got.reply.is_plain());
    }
    for (const char* const coding : {"UTF-8", "none", "aws-chunked", "gzip", "br", "Identity"}) {
        CAPTURE(coding);
        const auto got = decode(coding, "\n{}");
        CHECK_FALSE(got.failed);
        CHECK(got.reply.body == "\n{}");
        CHECK(got.reply.is_plain());
    }
    CHECK(decode("gzip", zipped(half) + zipped("]}")).reply.body == half + "]}");
}

TEST_CASE("a coding that is not spoken stays, and stays named") {
    const auto got = decode("br", "\x8B\x01\x80");
    CHECK_FALSE(got.failed);
    CHECK(got.reply.content_encoding == "br");
    CHECK_FALSE(got.reply.is_plain());
}

TEST_CASE("compressed data that grows over the limit, breaks or ends early is no answer") {
    const std::string bomb = zipped(std::string(4 << 20, ' '));
    CHECK(bomb.size() < 8192);
    REQUIRE(decode("gzip", bomb).failed);
    CHECK(decode("gzip", bomb).failed->why == failure::reason::too_large);
    const std::string whole = zipped(R"({"data":[]})");
    REQUIRE(decode("gzip", whole.substr(0, 15)).failed);
    CHECK(decode("gzip", whole.substr(0, 15)).failed->why == failure::reason::closed);
    std::string broken = whole;
    broken[10] = '\xFF';
    REQUIRE(decode("gzip", broken).failed);
    CHECK(decode("gzip", broken).failed->why == failure::reason::bad_http);
    CHECK_FALSE(decode("gzip", zipped(std::string(1 << 20, ' '))).failed);
}
