#pragma once

#include "daemon/http/body_framing.hpp"
#include "daemon/http/header_field.hpp"
#include "daemon/http/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// What comes before the body of a request. The views are into the bytes that it was read from.
struct request_head {
    request asked;  ///< but for the body and the connection
    std::vector<header_field> headers;
    body_framing body;
    bool http_1_0 = false;
    bool last = false;           ///< the client asks nothing more on this connection
    bool waits_for_100 = false;  ///< it sends the body when it is told to go on (RFC 9110 10.1.1)
};

/// Where the head ends that begins the bytes, its empty line included; 0 while that has not come. Line ends that are
/// wrong count, so that they are refused rather than waited for. `searched`: so many bytes had no end before.
std::size_t find_head_end(std::string_view bytes, std::size_t searched);

/// Reads a head of HTTP/1.1 or 1.0, its empty line included, into `out`. Returns what is wrong with it, in words for
/// the client; empty where nothing is.
std::string read_request_head(std::string_view bytes, request_head& out);

}  // namespace opd
