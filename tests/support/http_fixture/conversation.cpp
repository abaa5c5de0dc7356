#include "tests/support/http_fixture/conversation.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace opd::test {
namespace {

namespace asio = boost::asio;

constexpr std::size_t max_head = std::size_t{64} << 10;
constexpr std::string_view filler_line =
    "X-Filler: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n";
constexpr std::string_view filler_text = "\"0123456789012345678901234567890123456789012345678901234567890123456789\",";

std::optional<seen_request> parse_head(std::string_view head) {
    seen_request request;
    const auto line = head.substr(0, head.find("\r\n"));
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/1."))
        return std::nullopt;
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, last - first - 1);
    for (auto rest = head.substr(std::min(head.size(), line.size() + 2)); !rest.empty();) {
        const auto end = rest.find("\r\n");
        const auto field = rest.substr(0, end);
        const auto colon = field.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        request.headers.emplace_back(field.substr(0, colon),
                                     boost::algorithm::trim_copy(std::string(field.substr(colon + 1))));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
    }
    return request;
}

std::size_t body_size(const seen_request& request) {
    std::size_t size = 0;
    const auto text = request.header("Content-Length").value_or("0");
    std::from_chars(text.data(), text.data() + text.size(), size);
    return size;
}

asio::awaitable<bool> read_more(wire& line, std::string& buffer) {
    std::array<char, 4096> bytes;
    const auto size = co_await line.read_some(bytes);
    buffer.append(bytes.data(), size);
    co_return size > 0;
}

bool forbids_body(unsigned status) { return status < 200 || status == 204 || status == 304; }

std::string head_of(const script& answer, bool ends) {
    auto head = fmt::format("HTTP/1.1 {} Simulated\r\n", answer.status);
    for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
    if (!forbids_body(answer.status)) {
        if (answer.frame == script::framing::content_length)
            head += fmt::format("Content-Length: {}\r\n", answer.body.size());
        else if (answer.frame == script::framing::chunked)
            head += "Transfer-Encoding: chunked\r\n";
    }
    if (ends) head += "Connection: close\r\n";
    return head;
}

asio::awaitable<bool> write_pieces(wire& line, std::string_view bytes, std::size_t piece, const script& answer,
                                   bool chunked) {
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, piece == 0 ? bytes.size() : piece);
        bytes.remove_prefix(part.size());
        const auto sent = chunked ? fmt::format("{:x}\r\n{}\r\n", part.size(), part) : std::string(part);
        const bool there = co_await line.write(sent);
        if (!there) co_return false;
        if (!bytes.empty() && answer.pause.count() > 0) {
            const bool stayed = co_await line.pause(answer.pause);
            if (!stayed) co_return false;
        }
    }
    co_return true;
}

/// Writes the filler again and again; returns when the peer is gone.
asio::awaitable<void> write_flood(wire& line, std::string_view filler, const script& answer, bool chunked) {
    std::string piece;
    while (piece.size() < 16'000) piece += filler;
    bool there = true;
    while (there) {
        there = co_await write_pieces(line, piece, 0, answer, chunked);
        if (there && answer.pause.count() > 0) there = co_await line.pause(answer.pause);
    }
}

/// False: the peer is gone.
asio::awaitable<bool> write_answer(wire& line, const script& answer, bool ends, bool head_only) {
    auto head = head_of(answer, ends);
    if (answer.endless != script::flood::header) head += "\r\n";
    const bool head_sent = co_await write_pieces(line, head, answer.header_piece, answer, false);
    if (!head_sent) co_return false;
    if (answer.endless == script::flood::header) {
        co_await write_flood(line, filler_line, answer, false);
        co_return false;
    }
    if (head_only || forbids_body(answer.status)) co_return true;

    const bool chunked = answer.frame == script::framing::chunked;
    const auto body = std::string_view(answer.body).substr(0, answer.stop_after.value_or(std::string_view::npos));
    const bool body_sent = co_await write_pieces(line, body, answer.body_piece, answer, chunked);
    if (!body_sent) co_return false;
    if (answer.endless == script::flood::body) {
        co_await write_flood(line, filler_text, answer, chunked);
        co_return false;
    }
    if (!chunked || answer.stop_after) co_return true;
    co_return co_await line.write("0\r\n\r\n");
}

}  // namespace

asio::awaitable<std::optional<seen_request>> read_request(wire& line, std::string& buffer) {
    auto end = buffer.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (buffer.size() > max_head) co_return std::nullopt;
        const bool more = co_await read_more(line, buffer);
        if (!more) co_return std::nullopt;
        end = buffer.find("\r\n\r\n");
    }
    auto request = parse_head(std::string_view(buffer).substr(0, end));
    buffer.erase(0, end + 4);
    if (!request || request->header("Transfer-Encoding")) co_return std::nullopt;
    const auto size = body_size(*request);
    while (buffer.size() < size) {
        const bool more = co_await read_more(line, buffer);
        if (!more) co_return std::nullopt;
    }
    request->body = buffer.substr(0, size);
    buffer.erase(0, size);
    co_return request;
}

asio::awaitable<bool> perform(wire& line, const script& answer, const seen_request& request) {
    const bool client_ends = boost::algorithm::iequals(request.header("Connection").value_or(""), "close");
    auto then = answer.then;
    if (then == script::ending::keep_alive && (client_ends || answer.frame == script::framing::until_close))
        then = script::ending::close;
    if (answer.delay.count() > 0) {
        const bool stayed = co_await line.pause(answer.delay);
        if (!stayed) co_return false;
    }
    if (!answer.silent) {
        bool there = true;
        if (answer.raw)
            there = co_await line.write(*answer.raw);
        else
            there = co_await write_answer(line, answer, then == script::ending::close, request.method == "HEAD");
        if (!there) co_return false;
    }
    if (then == script::ending::hang) co_await line.wait_until_gone();
    if (then == script::ending::reset) line.abort();
    if (then == script::ending::close) co_await line.close();
    co_return then == script::ending::keep_alive;
}

}  // namespace opd::test
