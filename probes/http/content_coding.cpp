#include "probes/http/content_coding.hpp"

#include "probes/http/await.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include <zlib.h>

namespace asio = boost::asio;

namespace opd {
namespace {

constexpr std::size_t step_bytes = std::size_t{64} << 10;  ///< are decoded in a turn of the loop
constexpr int gzip_or_zlib = 15 + 32;

bool begins_like_json(std::string_view body) {
    const std::size_t first = body.find_first_not_of(" \t\r\n");
    return first != body.npos && (body[first] == '{' || body[first] == '[');
}

bool begins_like_gzip(std::string_view body) { return body.starts_with("\x1F\x8B"); }

failure broken(failure::reason why, const char* words) {
    return {.why = why, .at = stage::body, .detail = words == nullptr ? "the compressed data is broken" : words};
}

}  // namespace

asio::awaitable<std::optional<failure>> decode_body(http_reply& reply, std::uint64_t most) {
    if (reply.is_plain() && !begins_like_gzip(reply.body)) co_return std::nullopt;
    if (begins_like_json(reply.body)) reply.content_encoding.clear();
    if (!begins_like_gzip(reply.body)) co_return std::nullopt;
    z_stream zip{};
    if (inflateInit2(&zip, gzip_or_zlib) != Z_OK) co_return broken(failure::reason::too_large, "no memory");
    const std::unique_ptr<z_stream, decltype(&inflateEnd)> owner(&zip, &inflateEnd);
    std::string in = std::move(reply.body);
    std::string out;
    zip.next_in = reinterpret_cast<Bytef*>(in.data());
    zip.avail_in = static_cast<uInt>(in.size());
    for (bool more = true; more;) {
        if (!out.empty()) co_await heavy_step();
        if (out.size() > most) co_return broken(failure::reason::too_large, "body limit exceeded");
        const std::size_t filled = out.size();
        out.resize(filled + step_bytes);
        zip.next_out = reinterpret_cast<Bytef*>(out.data()) + filled;
        zip.avail_out = static_cast<uInt>(step_bytes);
        const int code = inflate(&zip, Z_NO_FLUSH);
        out.resize(out.size() - zip.avail_out);
        if (code == Z_BUF_ERROR || (code == Z_OK && zip.avail_in == 0 && zip.avail_out != 0))
            co_return broken(failure::reason::closed, "the compressed data ends early");
        if (code != Z_OK && code != Z_STREAM_END) co_return broken(failure::reason::bad_http, zip.msg);
        // Some write a list in several pieces, one behind the other (RFC 1952 2.2).
        const std::string_view left(reinterpret_cast<const char*>(zip.next_in), zip.avail_in);
        if (code == Z_STREAM_END) more = begins_like_gzip(left) && inflateReset(&zip) == Z_OK;
    }
    if (out.size() > most) co_return broken(failure::reason::too_large, "body limit exceeded");
    reply.body = std::move(out);
    reply.content_encoding.clear();
    co_return std::nullopt;
}

}  // namespace opd
