#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace opd {

/// Bytes of the byte order mark that a text begins with: 3, or 0.
constexpr std::size_t byte_order_mark_of(std::string_view text) { return text.starts_with("\xEF\xBB\xBF") ? 3 : 0; }

/// Bytes of the UTF-8 character that starts at `text[at]` (RFC 3629: no surrogates, no overlong forms); 0 where there
/// is none. `at` is within the text.
std::size_t utf8_length(std::string_view text, std::size_t at);

/// The character of `length` bytes (from utf8_length, not 0) at `text[at]`.
char32_t utf8_decode(std::string_view text, std::size_t at, std::size_t length);

/// The place of the first byte that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// The longest start of the text that has at most `bytes` bytes and does not end within a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// At most `bytes` bytes of a UTF-8 text: a longer one is cut at a character and ends in `…`.
std::string clip(std::string_view text, std::size_t bytes);

/// C0 (tab and line breaks among them), DEL, C1.
bool is_control(char32_t);

/// Changes the direction or the lines of the text around it without being seen: U+061C, U+200E, U+200F, U+2028 to
/// U+202E, U+2066 to U+206F, U+FEFF.
bool steers_text(char32_t);

/// Columns that the (valid) text takes on a terminal; a tab counts as one.
std::size_t terminal_columns(std::string_view text);

/// There is a control character in the text.
bool has_control(std::string_view text);

/// The text with everything that could harm a terminal or mislead a reader (control characters besides tab, text
/// direction marks, bytes that are not UTF-8) replaced by U+FFFD.
std::string legible(std::string_view text);

/// The text in quotes for use within a message: printable, in one line, cut to a readable length.
std::string in_quotes(std::string_view text);

}  // namespace opd
