#include "daemon/http/request_reader.hpp"

#include "daemon/http/answer_head.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace opd::http {
namespace {

constexpr std::size_t read_size = session_socket::read_size;
constexpr std::size_t most_kept = 2 * read_size;  ///< of a buffer, from one request to the next

std::string in_words(std::size_t bytes) {
    const bool whole = bytes % (std::size_t{1024} * 1024) == 0;
    return whole ? fmt::format("{} MiB", bytes / 1024 / 1024) : fmt::format("{} KiB", bytes / 1024);
}

}  // namespace

request_reader::request_reader(session_socket& socket, wire::request_handler& handler, wire::connection how,
                               const session_limits& limits, session_totals& totals)
    : socket_(socket), handler_(handler), how_(std::move(how)), limits_(limits), usual_(limits), totals_(totals) {}

asio::awaitable<bool> request_reader::receive() {
    socket_.wait_until(limits_.idle_time);
    const bool has_head = co_await receive_head();
    if (!has_head) co_return false;
    bool whole = false;
    if (head_.body.chunked)
        whole = co_await receive_chunks();
    else
        whole = co_await receive_length();
    socket_.wait_no_longer();
    co_return whole;
}

asio::awaitable<bool> request_reader::receive_head() {
    bool begun = false;
    bool begins_well = false;
    std::size_t searched = 0;
    for (;;) {
        const std::string_view there = socket_.received();
        const std::size_t end = find_head_end(there, searched);
        if ((end == 0 ? there.size() : end) > limits_.head_bytes) {
            co_return give_up(431, "headers_too_large",
                              fmt::format("the request's headers are over {}; send fewer or shorter ones",
                                          in_words(limits_.head_bytes)));
        }
        searched = there.size();
        if (end != 0) {
            // The buffer may move while the body arrives.
            head_bytes_.assign(there.substr(0, end));
            socket_.input.consume(end);
            co_return understand_head();
        }
        if (!begins_well && !there.empty()) {
            const std::string_view fault = fault_in_start(there);
            if (!fault.empty()) co_return malformed(fault);
            begins_well = there.find('\n') != there.npos;
        }
        if (!begun && !there.empty()) {
            begun = true;
            socket_.wait_until(limits_.head_time);
        }
        const error_code error = co_await socket_.read_more(read_size);
        if (error) co_return lost(error, begun, limits_.head_time);
    }
}

bool request_reader::understand_head() {
    const std::string fault = read_request_head(head_bytes_, head_);
    if (!fault.empty()) return malformed(fault);
    wire::request& asked = head_.asked;
    asked.over_unix_socket = how_.over_unix_socket;
    asked.own_address = how_.address;
    asked.own_port = how_.port;
    asked.needs_token = how_.needs_token;
    asked.headers = head_.headers;
    auto decided = handler_.accept(asked);
    if (auto* const accepted = std::get_if<wire::accepted_request>(&decided)) {
        accepted_ = std::move(*accepted);
    } else {
        auto& no = std::get<wire::answer>(decided);
        if (no.close) {
            refused = std::move(no);
            return false;
        }
        accepted_ = {.respond = [no = std::move(no)](const wire::request&) { return no; }};
    }
    limits_.body_bytes = accepted_.body_bytes.value_or(usual_.body_bytes);
    limits_.body_time = accepted_.body_time.value_or(usual_.body_time);
    return true;
}

asio::awaitable<bool> request_reader::receive_length() {
    if (head_.body.length > limits_.body_bytes) co_return too_large_body();
    const auto length = static_cast<std::size_t>(head_.body.length);
    body_in_buffer_ = length;
    if (socket_.input.size() < length) {
        const bool may_come = co_await expect_body();
        if (!may_come) co_return false;
    }
    while (socket_.input.size() < length) {
        if (!may_hold(socket_.input.size())) co_return too_much_at_once();
        hold(socket_.input.size());
        const error_code error = co_await socket_.read_more(std::max(read_size, length - socket_.input.size()));
        if (error) co_return lost(error, true, limits_.body_time);
    }
    head_.asked.body = socket_.received().substr(0, length);
    co_return true;
}

asio::awaitable<bool> request_reader::receive_chunks() {
    chunks_ = chunked_body(limits_.body_bytes);
    body_in_buffer_ = 0;
    for (bool asked_for = false;;) {
        std::string_view rest = socket_.received();
        const std::size_t before = rest.size();
        const chunked_body::progress progress = chunks_.take(rest);
        socket_.input.consume(before - rest.size());
        if (progress == chunked_body::progress::complete) break;
        if (progress == chunked_body::progress::malformed) co_return malformed("a chunk is malformed");
        if (progress == chunked_body::progress::too_large) co_return too_large_body();
        if (!may_hold(chunks_.body().size())) co_return too_much_at_once();
        hold(chunks_.body().size());
        if (!std::exchange(asked_for, true)) {
            const bool may_come = co_await expect_body();
            if (!may_come) co_return false;
        }
        const error_code error = co_await socket_.read_more(read_size);
        if (error) co_return lost(error, true, limits_.body_time);
    }
    head_.asked.body = chunks_.body();
    co_return true;
}

/// Tells the client to send the body, if it waits for that.
asio::awaitable<bool> request_reader::expect_body() {
    if (head_.waits_for_100) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        socket_.output.assign(1, asio::buffer(go_on));
        const bool sent = co_await socket_.write_output();
        if (!sent) co_return false;
    }
    socket_.wait_until(limits_.body_time);
    co_return true;
}

void request_reader::forget() {
    socket_.input.consume(body_in_buffer_);
    if (!head_.asked.body.empty()) {
        const auto free = socket_.input.prepare(socket_.input.capacity() - socket_.input.size());
        wipe(free.data(), free.size());
    }
    wipe(head_bytes_);  // it may have had a key
    if (socket_.input.size() == 0 && socket_.input.capacity() > most_kept) socket_.input.shrink_to_fit();
    if (head_.headers.capacity() * sizeof(header_field) > most_kept) head_.headers = {};
    if (head_.body.chunked) chunks_ = chunked_body(0);
    accepted_ = {};
    hold(0);
}

bool request_reader::give_up(unsigned status, std::string_view code, std::string_view message) {
    refused = refusal(status, code, message);
    return false;
}

bool request_reader::malformed(std::string_view fault) {
    return give_up(400, "bad_request", fmt::format("this is not a valid HTTP/1.1 request: {}", fault));
}

bool request_reader::too_large_body() {
    return give_up(413, "payload_too_large",
                   fmt::format("the request's body is over {}; send a smaller one", in_words(limits_.body_bytes)));
}

bool request_reader::too_much_at_once() {
    return give_up(503, "unavailable",
                   fmt::format("the bodies of all requests that are under way are over {}; try again later",
                               in_words(totals_.most_body_bytes)));
}

/// The rest of the request does not come.
bool request_reader::lost(const error_code& error, bool begun, std::chrono::milliseconds time) {
    if (!begun || socket_.is_cut_off) return false;
    if (error == asio::error::eof) return malformed("it ends in the middle");
    if (!socket_.time_is_up()) return false;
    return give_up(408, "bad_request",
                   fmt::format("the request did not arrive whole within {} s; send it again",
                               std::chrono::duration<double>(time).count()));
}

bool request_reader::may_hold(std::size_t body_bytes) const {
    const std::size_t others = totals_.body_bytes - held_;
    return body_bytes <= totals_.most_body_bytes - std::min(others, totals_.most_body_bytes);
}

void request_reader::hold(std::size_t body_bytes) {
    totals_.body_bytes += body_bytes - held_;
    held_ = body_bytes;
}

}  // namespace opd::http
