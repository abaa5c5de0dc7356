#pragma once

#include "probes/key_pieces.hpp"

#include <string>
#include <string_view>

namespace opd {

/// A text from outside as one line that cannot harm a terminal or mislead a reader: terminal escape sequences and text
/// direction marks go, control characters and line breaks become spaces, bytes that are not UTF-8 become U+FFFD; runs
/// of spaces become one, and none is left at the ends.
std::string plain_text(std::string_view text);

/// A text from outside made fit for a one-line message: the key, any part of it of 8 characters or more (as it is, or
/// encoded as key_pieces says), and what looks like a key of a known vendor or is called one become `***`; user info
/// and queries of URLs go; control characters and line breaks become spaces; invalid UTF-8 becomes U+FFFD; longer than
/// `max_bytes` is cut at a character and ends in `…`.
std::string redact(std::string_view text, const key_pieces& key, std::size_t max_bytes = 300);

}  // namespace opd
