#pragma once

#include "daemon/http/header_field.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace opd {

/// How the end of a request's body is known.
struct body_framing {
    std::uint64_t length = 0;  ///< in bytes, where it is not sent in chunks
    bool chunked = false;
    std::string_view fault;  ///< what is wrong, in words for the client; empty where nothing is
};

/// From Content-Length and Transfer-Encoding (RFC 9112 6). Whatever two programs could understand in two ways is
/// wrong: both of them, two lengths even if they are equal, a length that is not digits alone, any coding but
/// `chunked`, and one in HTTP/1.0.
body_framing frame_body(std::span<const header_field>, bool http_1_0);

}  // namespace opd
