#include "daemon/http/body_framing.hpp"

#include "config/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace opd {
namespace {

void read_length(std::string_view digits, body_framing& framing) {
    const bool is_number = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) framing.fault = "Content-Length is not a number";
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), framing.length).ec;
    if (error == std::errc::result_out_of_range) framing.length = std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

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

}  // namespace opd
