#include "daemon/http/request_head.hpp"

#include "config/ascii.hpp"
#include "daemon/http/head_syntax.hpp"
#include "daemon/http/request_target.hpp"
#include "daemon/http/single_headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace opd {
namespace {

struct known_header {
    std::string_view name;
    std::string_view request::* place;
};

constexpr std::array known_headers{
    known_header{"Host", &request::host},
    known_header{"Origin", &request::origin},
    known_header{"Sec-Fetch-Site", &request::fetch_site},
    known_header{"Access-Control-Request-Method", &request::preflight_method},
    known_header{"Access-Control-Request-Private-Network", &request::preflight_network},
    known_header{"Authorization", &request::authorization},
    known_header{"Content-Type", &request::content_type},
    known_header{"If-None-Match", &request::if_none_match},
};

std::string_view take_line(std::string_view& bytes) {
    std::string_view line = next_part(bytes, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// One of the words of a list, in any case (RFC 9110 5.6.1).
bool lists(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        if (same_in_any_case(trimmed(next_part(list, ',')), word)) return true;
    }
    return false;
}

void read_request_line(std::string_view line, request_head& out) {
    out.asked.method = next_part(line, ' ');
    out.asked.target = next_part(line, ' ');
    out.http_1_0 = line != "HTTP/1.1";
    out.last = out.http_1_0;
}

void read_header(const header_field& one, request_head& out) {
    const auto* const known = std::ranges::find_if(
        known_headers, [&](const known_header& header) { return same_in_any_case(header.name, one.name); });
    if (known != known_headers.end()) {
        out.asked.*known->place = one.value;
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

}  // namespace

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
    read_request_line(take_line(bytes), out);
    for (std::string_view line = take_line(bytes); !line.empty(); line = take_line(bytes)) {
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

}  // namespace opd
