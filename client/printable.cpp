#include "client/text.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd {
namespace {

std::string escaped(std::string_view character) {
    if (character == "\n") return "\\n";
    if (character == "\r") return "\\r";
    if (character == "\t") return "\\t";
    const auto code = static_cast<std::uint32_t>(utf8_decode(character, 0, character.size()));
    return code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{{{:x}}}", code);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        const std::string_view character = text.substr(at, std::max<std::size_t>(length, 1));
        const std::string safe = legible(character);
        out += length != 0 && (safe != character || character == "\t") ? escaped(character) : safe;
        at += character.size();
    }
    return out;
}

std::string printable_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size());
        out += printable(line);
        if (text.empty()) break;
        text.remove_prefix(1);
        out += '\n';
    }
    return out;
}

std::string printable_json(std::string_view document) {
    std::string out;
    out.reserve(document.size());
    for (std::size_t at = 0; at < document.size();) {
        const std::size_t length = utf8_length(document, at);
        const char32_t code = length == 0 ? 0xFFFD : utf8_decode(document, at, length);
        const bool is_layout = code == '\n' || code == '\r' || code == '\t';
        if (length == 0 || steers_text(code) || (is_control(code) && !is_layout))
            out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
        else
            out += document.substr(at, length);
        at += std::max<std::size_t>(length, 1);
    }
    return out;
}

}  // namespace opd
