#include "probes/http/transport.hpp"

#include "config/base/ascii.hpp"
#include "probes/http/content_coding.hpp"

#include <algorithm>

namespace asio = boost::asio;

namespace opd {
namespace {

constexpr std::size_t smallest_part = 2048;
constexpr std::size_t largest_part = std::size_t{64} << 10;
constexpr std::size_t long_text = std::size_t{2} << 20;

bool is_rate_limit_header(std::string_view name) {
    return name.starts_with("retry-after") || name.starts_with("x-ratelimit-reset") ||
           (name.starts_with("anthropic-ratelimit-") && name.ends_with("-reset")) || name == "date";
}

/// `<TARGET>; rel="next"` among the links of a header (RFC 8288).
std::string next_of(std::string_view links) {
    while (!links.empty()) {
        std::string_view one = links.substr(0, links.find(",", links.find('>')));
        links.remove_prefix(std::min(one.size() + 1, links.size()));
        const std::size_t open = one.find('<');
        const std::size_t close = one.find('>', open);
        if (close == one.npos) continue;
        const std::string rest = lower_case(one.substr(close));
        if (rest.find("rel=next") != rest.npos || rest.find("rel=\"next\"") != rest.npos)
            return std::string(one.substr(open + 1, close - open - 1));
    }
    return {};
}

http_reply reply_of(http_head&& head, const probe_limits& limits) {
    http_reply reply;
    reply.status = head.status;
    reply.content_type = head.header("content-type");
    reply.content_encoding = head.header("content-encoding");
    reply.location = head.header("location");
    reply.challenge = head.header("www-authenticate");
    reply.next_link = next_of(head.header("link"));
    for (auto& field : head.headers) {
        if (reply.rate_limit_headers.size() == limits.rate_limit_headers) break;
        if (is_rate_limit_header(field.first)) reply.rate_limit_headers.push_back(std::move(field));
    }
    return reply;
}

failure too_large() { return {.why = failure::reason::too_large, .at = stage::body, .detail = "body limit exceeded"}; }

}  // namespace

std::string_view to_string(stage at) {
    switch (at) {
        case stage::resolve: return "name look-up";
        case stage::connect: return "connecting";
        case stage::tls: return "TLS handshake";
        case stage::send: return "sending the request";
        case stage::header: return "waiting for the answer";
        case stage::body: return "reading the answer";
    }
    return "";
}

std::string_view header_of(const http_headers& headers, std::string_view name) {
    const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
    return found == headers.end() ? std::string_view() : found->second;
}

bool http_reply::is_plain() const { return content_encoding.empty() || lower_case(content_encoding) == "identity"; }

asio::awaitable<result<http_reply, failure>> fetch(http_connection& connection, const http_request& request,
                                                   const probe_limits& limits) {
    http_request asked = request;
    asked.headers.emplace(asked.headers.begin(), "accept-encoding", "gzip");
    auto head = co_await connection.open_answer(asked);
    if (!head) co_return head.error();
    const auto announced = read_number<std::uint64_t>(head->header("content-length"));
    if (announced.value_or(0) > limits.body_bytes) co_return too_large();
    http_reply reply = reply_of(std::move(*head), limits);
    for (std::size_t filled = 0;;) {
        // What a server announces is not believed: the space grows with what has come, but a long text is not moved
        // again and again.
        if (filled > long_text) reply.body.reserve(limits.body_bytes + largest_part);
        reply.body.resize(filled + std::clamp(filled, smallest_part, largest_part));
        const std::span<char> space(reply.body.data() + filled, reply.body.size() - filled);
        const auto read = co_await connection.read_some(space);
        if (!read) co_return read.error();
        filled += *read;
        if (filled > limits.body_bytes) co_return too_large();
        if (*read != 0) continue;
        reply.body.resize(filled);
        auto failed = co_await decode_body(reply, limits.body_bytes);
        if (failed) co_return std::move(*failed);
        co_return reply;
    }
}

}  // namespace opd
