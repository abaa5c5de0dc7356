#include "client/connection.hpp"
#include "config/base/ascii.hpp"
#include "config/base/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace opd {
namespace {

constexpr std::size_t max_head_bytes = std::size_t{64} << 10;
constexpr std::size_t max_body_bytes = std::size_t{64} << 20;
constexpr std::string_view line_break = "\r\n";

struct answer_head {
    unsigned status = 0;
    std::optional<std::size_t> length;  ///< nullopt: the body ends with the connection
    std::string etag;
};

daemon_reply broken(std::string detail) {
    return connection_failure{.why = connection_failure::reason::broken, .detail = std::move(detail)};
}

std::string_view method_name(http_method method) {
    switch (method) {
        case http_method::post: return "POST";
        case http_method::put: return "PUT";
        case http_method::remove: return "DELETE";
        case http_method::get: break;
    }
    return "GET";
}

template <class T>
std::optional<T> read_number(std::string_view text) {
    T number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

/// `HTTP/1.x STATUS ...` and the fields below it.
std::optional<answer_head> read_head(std::string_view text) {
    if (!text.starts_with("HTTP/1.") || text.size() < 12 || text[8] != ' ') return std::nullopt;
    const auto status = read_number<unsigned>(text.substr(9, 3));
    if (!status || *status < 200) return std::nullopt;
    answer_head out{.status = *status, .length = std::nullopt, .etag = {}};
    for (std::size_t end = text.find(line_break); end != text.npos; end = text.find(line_break)) {
        text.remove_prefix(end + line_break.size());
        const std::string_view line = text.substr(0, text.find(line_break));
        const std::size_t colon = std::min(line.find(':'), line.size());
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
        if (same_in_any_case(name, "transfer-encoding")) return std::nullopt;
        if (same_in_any_case(name, "etag")) out.etag = value;
        if (!same_in_any_case(name, "content-length")) continue;
        out.length = read_number<std::size_t>(value);
        if (!out.length) return std::nullopt;
    }
    return out;
}

}  // namespace

std::string request_text(const daemon_request& request, std::string_view host, const secret& token) {
    std::string out =
        fmt::format("{} {} HTTP/1.0\r\nHost: {}\r\nAccept: application/json\r\nUser-Agent: operatorctl/{}\r\n",
                    method_name(request.method), request.target, host, version());
    if (!token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", token.reveal());
    if (!request.if_match.empty()) out += fmt::format("If-Match: {}\r\n", request.if_match);
    if (!request.body.empty())
        out += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", request.body.size());
    return out + "\r\n" + request.body;
}

std::optional<daemon_reply> read_reply(std::string_view received, bool ended) {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == received.npos) {
        const bool may_be_http = std::string_view("HTTP/1.").starts_with(received.substr(0, 7));
        if (ended) return broken(received.empty() ? "it ended the connection" : "its answer is not HTTP");
        if (!may_be_http || received.size() > max_head_bytes) return broken("its answer is not HTTP");
        return std::nullopt;
    }
    auto head = read_head(received.substr(0, end));
    if (!head) return broken("its answer is not HTTP");
    const std::string_view body = received.substr(end + 4);
    if (std::max(head->length.value_or(0), body.size()) > max_body_bytes) return broken("its answer is too long");
    const bool whole = head->length ? body.size() >= *head->length : ended;
    if (!whole && ended) return broken("it ended the connection within its answer");
    if (!whole) return std::nullopt;
    return daemon_answer{.status = head->status,
                         .body = std::string(body.substr(0, head->length.value_or(body.size()))),
                         .etag = std::move(head->etag)};
}

}  // namespace opd
