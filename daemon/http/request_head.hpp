#pragma once

#include "config/base/secret.hpp"
#include "daemon/wire/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::http {

using wire::header_field;

// A request's line and headers as bytes. Nothing is mended or guessed, since another program on the way may have
// mended it otherwise (RFC 9112 11.2): what is wrong is told, in words for the client; empty where nothing is.

/// What is wrong with the beginning of a head, as far as it has come: with its first byte, or with the request line.
std::string_view fault_in_start(std::string_view bytes);

/// What is wrong with a whole head, its empty line included (RFC 9112 2 to 5): the request line is METHOD TARGET
/// HTTP/1.1 (or 1.0) in printable ASCII with single spaces, headers are NAME: VALUE without folding and control
/// characters, lines end in CRLF.
std::string_view fault_in_head(std::string_view head);

/// The first of the headers that decide something here, and is there twice: one of them would be believed, and another
/// program may believe the other. Empty: none is.
std::string_view find_repeated_header(std::span<const header_field>);

/// A request's target, taken apart.
struct request_target {
    std::string_view path;   ///< origin form: path and query; or `*`
    std::string_view fault;  ///< what is wrong, in words for the client; empty where nothing is
};

/// Reads a target in any form (RFC 9112 3.2). A whole URL must be of plain http and name the same host as the Host
/// header; `*` goes with OPTIONS alone; this is no proxy, so that CONNECT is wrong.
request_target read_target(std::string_view method, std::string_view target, std::string_view host);

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

/// What comes before the body of a request. The views are into the bytes that it was read from.
struct request_head {
    wire::request asked;  ///< but for the body and the connection
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

/// Puts a body together that is sent in chunks (RFC 9112 7.1). Extensions are skipped, trailers are not taken. What is
/// spent on the chunks themselves may not be more than the largest body.
class chunked_body {
public:
    enum class progress : std::uint8_t { incomplete, complete, malformed, too_large };

    explicit chunked_body(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// Takes what it can off the bytes. What it leaves must be the beginning of what comes next.
    progress take(std::string_view& bytes);

    std::string_view body() const { return {body_.data(), body_.size()}; }

private:
    enum class part : std::uint8_t { size, data, end_of_data, end };

    progress take_size(std::string_view& bytes);
    progress take_line_end(std::string_view& bytes);

    std::size_t max_bytes_;
    // It may hold a key. (A string keeps its memory when an empty one is moved into it.)
    std::vector<char, wiping_allocator<char>> body_;
    part next_ = part::size;
    std::size_t chunk_left_ = 0;
    std::size_t overhead_ = 0;
};

}  // namespace opd::http
