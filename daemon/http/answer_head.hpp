#pragma once

#include "daemon/wire/message.hpp"

#include <string>
#include <string_view>

namespace opd::http {

/// What is sent with an answer, besides what is in it.
struct answer_circumstances {
    bool over_unix_socket = false;  ///< values may be shown there that no cache should keep
    bool keep_alive = false;
    bool chunked = true;  ///< a body without a known length is sent in chunks: not to HTTP/1.0
};

/// An answer that the API is not asked for, after which the connection ends.
wire::answer refusal(unsigned status, std::string_view code, std::string_view message);

/// A body goes with the answer, to all methods but HEAD (RFC 9110 6.4.1).
bool has_body(const wire::answer&);

/// Adds what every answer says to browsers: what it may do if it is shown as a page (Content-Security-Policy; empty:
/// that of data, nothing); it is in no frame, and nobody is to guess at its type; it is for pages of its own origin,
/// and others only where it says so; and where it was asked from is nobody's business.
void add_security_headers(std::string_view content_policy, std::string& out);

/// Puts the head of an answer, its empty line included, in place of what `out` holds.
void write_answer_head(const wire::answer&, const answer_circumstances&, std::string& out);

}  // namespace opd::http
