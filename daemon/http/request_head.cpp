#include "daemon/http/request_head.hpp"

#include "config/base/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace opd::http {
namespace {

using byte_set = std::array<bool, 256>;

constexpr bool has(const byte_set& set, char c) { return set[static_cast<unsigned char>(c)]; }

/// tchar (RFC 9110 5.6.2): names of methods and headers.
constexpr byte_set token_bytes = [] {
    byte_set set{};
    for (const char c :
         std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        set[static_cast<unsigned char>(c)] = true;
    return set;
}();

/// Of a header's value (RFC 9110 5.5): no control characters but the tab.
constexpr byte_set value_bytes = [] {
    byte_set set{};
    for (std::size_t c = 0x20; c != set.size(); ++c) set[c] = c != 0x7F;
    set['\t'] = true;
    return set;
}();

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return has(token_bytes, c); });
}

bool is_visible_ascii(char c) { return c > 0x20 && c < 0x7F; }

std::string_view fault_in_request_line(std::string_view line) {
    if (line == "PRI * HTTP/2.0") return "HTTP/2 is not spoken here, use HTTP/1.1";
    const std::string_view method = line.substr(0, line.find(' '));
    if (!is_token(method)) return "it does not begin with a method";
    line.remove_prefix(std::min(method.size() + 1, line.size()));
    const std::string_view target = line.substr(0, line.find(' '));
    if (target.empty()) return "the first line is not METHOD TARGET HTTP/1.1, with single spaces";
    if (!std::ranges::all_of(target, is_visible_ascii))
        return "the target holds a byte that is no printable ASCII; write it as %XX";
    line.remove_prefix(std::min(target.size() + 1, line.size()));
    if (line != "HTTP/1.1" && line != "HTTP/1.0") return "the first line does not end in HTTP/1.1 or HTTP/1.0";
    return {};
}

std::string_view fault_in_header(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) return "a header line begins with a space";
    if (line.find(':') == line.npos) return "a header line has no colon";
    if (!is_token(line.substr(0, line.find(':')))) return "the name of a header is not one";
    if (!std::ranges::all_of(line.substr(line.find(':')), [](char c) { return has(value_bytes, c); }))
        return "a header holds a control character";
    return {};
}

/// Takes the first line off the bytes, without its end.
std::string_view take_line(std::string_view& bytes, std::string_view& fault) {
    std::string_view line = next_part(bytes, '\n');
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    else
        fault = "a line ends in LF without CR";
    return line;
}

/// A header that decides something here, and where its value goes in a request; null: it is seen to elsewhere.
struct decisive_header {
    std::string_view name;
    std::string_view wire::request::* place = nullptr;
};

// If-Match and If-None-Match are lists, and could be in several lines (RFC 9110 5.3); nobody sends them so.
constexpr std::array decisive_headers{
    decisive_header{"Host", &wire::request::host},
    decisive_header{"Origin", &wire::request::origin},
    decisive_header{"Sec-Fetch-Site", &wire::request::fetch_site},
    decisive_header{"Access-Control-Request-Method", &wire::request::preflight_method},
    decisive_header{"Access-Control-Request-Private-Network", &wire::request::preflight_network},
    decisive_header{"Authorization", &wire::request::authorization},
    decisive_header{"Content-Type", &wire::request::content_type},
    decisive_header{"If-None-Match", &wire::request::if_none_match},
    decisive_header{"If-Match"},
    decisive_header{"Expect"},
    decisive_header{"X-Api-Key"},
    decisive_header{"X-Goog-Api-Key"},
    decisive_header{"X-Operator-Model"},
};

/// Its place in the table; that of none: behind the last.
std::size_t find_decisive(std::string_view name) {
    const auto* const found = std::ranges::find_if(
        decisive_headers, [&](const decisive_header& one) { return same_in_any_case(one.name, name); });
    return static_cast<std::size_t>(found - decisive_headers.begin());
}

void read_length(std::string_view digits, body_framing& framing) {
    const bool is_number = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) framing.fault = "Content-Length is not a number";
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), framing.length).ec;
    if (error == std::errc::result_out_of_range) framing.length = std::numeric_limits<std::uint64_t>::max();
}

/// One of the words of a list, in any case (RFC 9110 5.6.1).
bool lists(std::string_view list, std::string_view word) {
    while (!list.empty())
        if (same_in_any_case(trimmed(next_part(list, ',')), word)) return true;
    return false;
}

void read_request_line(std::string_view line, request_head& out) {
    out.asked.method = next_part(line, ' ');
    out.asked.target = next_part(line, ' ');
    out.http_1_0 = line != "HTTP/1.1";
    out.last = out.http_1_0;
}

void read_header(const header_field& one, request_head& out) {
    const std::size_t at = find_decisive(one.name);
    if (at != decisive_headers.size() && decisive_headers[at].place != nullptr) {
        out.asked.*decisive_headers[at].place = one.value;
    } else if (same_in_any_case(one.name, "If-Match")) {
        // One without a value is not the same as none: the client means to be careful.
        out.asked.if_match = one.value;
    } else if (same_in_any_case(one.name, "Connection")) {
        out.last = out.last || lists(one.value, "close");
    } else if (same_in_any_case(one.name, "Expect")) {
        out.waits_for_100 = !out.http_1_0 && same_in_any_case(one.value, "100-continue");
    }
}

bool is_there(std::span<const header_field> headers, std::string_view name) {
    return std::ranges::any_of(headers, [&](const header_field& one) { return same_in_any_case(one.name, name); });
}

constexpr std::size_t max_line = 256;       ///< a chunk's size and its extensions
constexpr std::size_t max_size_digits = 8;  ///< zeros in front included
constexpr std::string_view line_end = "\r\n";

/// A chunk's extensions, from their semicolon (RFC 9112 7.1.1); what they mean is nobody's business here.
bool is_extension(std::string_view text) {
    return text.empty() || ((text.front() == ';' || text.front() == ' ' || text.front() == '\t') &&
                            std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; }));
}

}  // namespace

std::string_view fault_in_start(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (bytes.front() == 0x16) return "it looks like TLS, which is not spoken here; use http:// instead of https://";
    if (!has(token_bytes, bytes.front())) return "it does not begin with a method";
    if (bytes.find('\n') == bytes.npos) return {};
    std::string_view fault;
    const std::string_view line = take_line(bytes, fault);
    return fault.empty() ? fault_in_request_line(line) : fault;
}

std::string_view fault_in_head(std::string_view head) {
    std::string_view fault = fault_in_start(head);
    next_part(head, '\n');
    while (fault.empty()) {
        const std::string_view line = take_line(head, fault);
        if (!fault.empty() || line.empty()) break;
        fault = fault_in_header(line);
    }
    return fault;
}

std::string_view find_repeated_header(std::span<const header_field> headers) {
    std::array<bool, decisive_headers.size()> seen{};
    for (const header_field& one : headers) {
        const std::size_t at = find_decisive(one.name);
        if (at != seen.size() && std::exchange(seen[at], true)) return decisive_headers[at].name;
    }
    return {};
}

request_target read_target(std::string_view method, std::string_view target, std::string_view host) {
    static constexpr std::string_view scheme = "http://";
    if (method == "CONNECT") return {.path = {}, .fault = "CONNECT is for proxies, which this is not"};
    if (target.find('#') != target.npos) return {.path = {}, .fault = "the target holds a fragment (#)"};
    if (target.starts_with('/') || (target == "*" && method == "OPTIONS")) return {.path = target, .fault = {}};
    if (!same_in_any_case(target.substr(0, scheme.size()), scheme))
        return {.path = {}, .fault = "the target is neither a path nor a URL of plain http"};
    target.remove_prefix(scheme.size());
    const std::string_view authority = target.substr(0, target.find_first_of("/?"));
    if (!same_in_any_case(authority, host)) return {.path = {}, .fault = "the target is on another host than Host"};
    target.remove_prefix(authority.size());
    if (target.empty()) target = "/";
    if (!target.starts_with('/')) return {.path = {}, .fault = "the target has no path"};
    return {.path = target, .fault = {}};
}

body_framing frame_body(std::span<const header_field> headers, bool http_1_0) {
    body_framing framing;
    bool has_length = false;
    for (const header_field& one : headers) {
        if (same_in_any_case(one.name, "Content-Length")) {
            if (has_length) framing.fault = "Content-Length is there twice";
            has_length = true;
            read_length(one.value, framing);
        } else if (same_in_any_case(one.name, "Transfer-Encoding")) {
            if (framing.chunked) framing.fault = "Transfer-Encoding is there twice";
            framing.chunked = true;
            if (!same_in_any_case(one.value, "chunked")) framing.fault = "the only Transfer-Encoding here is chunked";
            if (http_1_0) framing.fault = "HTTP/1.0 has no Transfer-Encoding";
        }
    }
    if (has_length && framing.chunked) framing.fault = "it has both Content-Length and Transfer-Encoding";
    return framing;
}

std::size_t find_head_end(std::string_view bytes, std::size_t searched) {
    // The two bytes before may begin the end.
    std::size_t at = bytes.find('\n', std::max<std::size_t>(searched, 2) - 2);
    for (; at != bytes.npos; at = bytes.find('\n', at + 1)) {
        const std::string_view rest = bytes.substr(at + 1);
        if (rest.starts_with('\n')) return at + 2;
        if (rest.starts_with("\r\n")) return at + 3;
    }
    return 0;
}

std::string read_request_head(std::string_view bytes, request_head& out) {
    if (const std::string_view fault = fault_in_head(bytes); !fault.empty()) return std::string(fault);
    out.asked = {};
    out.headers.clear();
    out.waits_for_100 = false;
    std::string_view none;
    read_request_line(take_line(bytes, none), out);
    for (std::string_view line = take_line(bytes, none); !line.empty(); line = take_line(bytes, none)) {
        const std::string_view name = next_part(line, ':');
        out.headers.push_back({.name = name, .value = trimmed(line)});
        read_header(out.headers.back(), out);
    }
    const std::string_view twice = find_repeated_header(out.headers);
    if (!twice.empty()) return fmt::format("the header {} is there twice", twice);
    if (!out.http_1_0 && !is_there(out.headers, "Host")) return "HTTP/1.1 needs a Host header";
    if (out.asked.origin.empty() && is_there(out.headers, "Origin")) return "Origin is empty";
    const request_target target = read_target(out.asked.method, out.asked.target, out.asked.host);
    if (!target.fault.empty()) return std::string(target.fault);
    out.asked.target = target.path;
    out.body = frame_body(out.headers, out.http_1_0);
    return std::string(out.body.fault);
}

chunked_body::progress chunked_body::take(std::string_view& bytes) {
    for (;;) {
        progress found = progress::incomplete;
        switch (next_) {
            case part::size: found = take_size(bytes); break;
            case part::data: {
                const std::string_view data = bytes.substr(0, chunk_left_);
                body_.insert(body_.end(), data.begin(), data.end());
                bytes.remove_prefix(data.size());
                chunk_left_ -= data.size();
                if (chunk_left_ == 0) {
                    next_ = part::end_of_data;
                    found = progress::complete;
                }
                break;
            }
            case part::end_of_data:
                found = take_line_end(bytes);
                if (found == progress::complete) next_ = part::size;
                break;
            case part::end: return take_line_end(bytes);
        }
        if (found != progress::complete) return found;
    }
}

chunked_body::progress chunked_body::take_size(std::string_view& bytes) {
    const std::size_t end = bytes.substr(0, max_line).find('\n');
    if (end == bytes.npos) return bytes.size() < max_line ? progress::incomplete : progress::malformed;
    std::string_view line = bytes.substr(0, end + 1);
    if (!line.ends_with(line_end)) return progress::malformed;
    line.remove_suffix(line_end.size());
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), chunk_left_, 16);
    const auto digits = static_cast<std::size_t>(rest - line.data());
    if (error != std::errc() || digits > max_size_digits || !is_extension(line.substr(digits)))
        return progress::malformed;
    overhead_ += end + 1 + line_end.size();
    if (chunk_left_ > max_bytes_ - body_.size() || overhead_ > max_bytes_) return progress::too_large;
    bytes.remove_prefix(end + 1);
    next_ = chunk_left_ == 0 ? part::end : part::data;
    return progress::complete;
}

chunked_body::progress chunked_body::take_line_end(std::string_view& bytes) {
    if (bytes.starts_with(line_end)) {
        bytes.remove_prefix(line_end.size());
        return progress::complete;
    }
    return line_end.starts_with(bytes) ? progress::incomplete : progress::malformed;
}

}  // namespace opd::http
