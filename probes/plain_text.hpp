#pragma once

#include <string>
#include <string_view>

namespace opd {

/// A text from outside as one line that cannot harm a terminal or mislead a reader: terminal escape sequences and text
/// direction marks go, control characters and line breaks become spaces, bytes that are not UTF-8 become U+FFFD; runs
/// of spaces become one, and none is left at the ends.
std::string plain_text(std::string_view text);

}  // namespace opd
