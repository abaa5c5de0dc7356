#pragma once

#include <string_view>

namespace opd {

// A request's line and headers as bytes. Nothing is mended or guessed, since another program on the way may have
// mended it otherwise (RFC 9112 11.2): what is wrong is told, in words for the client; empty where nothing is.

/// What is wrong with the beginning of a head, as far as it has come: with its first byte, or with the request line.
std::string_view fault_in_start(std::string_view bytes);

/// What is wrong with a whole head, its empty line included (RFC 9112 2 to 5): the request line is METHOD TARGET
/// HTTP/1.1 (or 1.0) in printable ASCII with single spaces, headers are NAME: VALUE without folding and control
/// characters, lines end in CRLF.
std::string_view fault_in_head(std::string_view head);

}  // namespace opd
