#include "probes/plain_text.hpp"

#include "config/utf8.hpp"

#include <algorithm>

namespace opd {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr char escape = '\x1b';

/// Where the terminal escape sequence that starts at `at` ends (ECMA-48 5.4 and 8.3.89); without a proper end it is
/// just its first two characters.
std::size_t end_of_escape(std::string_view text, std::size_t at) {
    const std::size_t body = at + 2;
    if (body > text.size()) return text.size();
    if (text[at + 1] == '[') {
        const std::size_t final_byte = text.find_first_not_of("0123456789:;<=>? !\"#$%&'()*+,-./", body);
        return final_byte == std::string_view::npos ? text.size() : final_byte + 1;
    }
    if (text[at + 1] == ']') {
        const std::size_t end = text.find_first_of("\x07\x1b", body);
        if (end == std::string_view::npos) return body;
        return std::min(text.size(), text[end] == escape ? end + 2 : end + 1);
    }
    return body;
}

/// Marks that nobody sees, which pull words apart or carry a text of their own (U+E0000 to U+E007F); U+200D joins
/// emoji.
bool is_invisible(char32_t code) {
    return code == 0x200B || code == 0x200C || (code >= 0x2060 && code <= 0x206F) ||
           (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

void add(std::string& line, std::string_view character) {
    if (character == " " && (line.empty() || line.back() == ' ')) return;
    line += character;
}

}  // namespace

std::string plain_text(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == escape) {
            at = end_of_escape(text, at);
            continue;
        }
        const std::size_t length = utf8_length(text, at);
        const std::string_view character = text.substr(at, length);
        const char32_t code = length == 0 ? 0 : utf8_decode(text, at, length);
        if (length == 0) {
            add(line, replacement);
        } else if (is_control(code)) {
            add(line, " ");
        } else if (!steers_text(code) && !is_invisible(code)) {
            add(line, character);
        }
        at += std::max<std::size_t>(length, 1);
    }
    if (line.ends_with(' ')) line.pop_back();
    return line;
}

}  // namespace opd
