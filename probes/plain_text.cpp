#include "probes/plain_text.hpp"

#include "config/utf8.hpp"

#include <algorithm>

namespace opd {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "…";
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

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

/// Marks and separators that change the order or the lines of a text: U+200B to U+200F, U+2028 to U+202E, U+2060 to
/// U+2069, U+FEFF.
bool is_invisible(std::string_view character) {
    if (character == "\xEF\xBB\xBF") return true;
    if (!character.starts_with("\xE2\x80") && !character.starts_with("\xE2\x81")) return false;
    const auto last = static_cast<unsigned char>(character[2]);
    if (character[1] == '\x81') return last >= 0xA0 && last <= 0xA9;
    // U+200D joins emoji.
    return (last >= 0x8B && last <= 0x8F && last != 0x8D) || (last >= 0xA8 && last <= 0xAE);
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
        if (length == 0) {
            add(line, replacement);
        } else if (is_control(character)) {
            add(line, " ");
        } else if (!is_invisible(character)) {
            add(line, character);
        }
        at += std::max<std::size_t>(length, 1);
    }
    if (line.ends_with(' ')) line.pop_back();
    return line;
}

std::string clip(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return std::string(text);
    const std::size_t room = max_bytes < ellipsis.size() ? 0 : max_bytes - ellipsis.size();
    return std::string(utf8_prefix(text, room)).append(max_bytes < ellipsis.size() ? "" : ellipsis);
}

}  // namespace opd
