#pragma once

#include "config/secret.hpp"

#include <string>
#include <string_view>

namespace opd {

/// A text from outside made fit for a one-line message: the key, any part of it of 8 characters or more (as it is, or
/// encoded as key_pieces says), and what looks like a key of a known vendor or is called one become `***`; user info
/// and queries of URLs go; control characters and line breaks become spaces; invalid UTF-8 becomes U+FFFD; longer than
/// `max_bytes` is cut at a character and ends in `…`.
std::string redact(std::string_view text, const secret& key, std::size_t max_bytes = 300);

}  // namespace opd
