#include "config/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace opd {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "…";
constexpr std::size_t longest_quote = 80;

struct code_range {
    char32_t first;
    char32_t last;
};

// Unicode 15 East Asian Width W and F, in coarse blocks: enough to put a marker below the right character.
constexpr std::array<code_range, 11> wide{{{0x1100, 0x115F},
                                           {0x2E80, 0x303E},
                                           {0x3041, 0xA4CF},
                                           {0xA960, 0xA97F},
                                           {0xAC00, 0xD7A3},
                                           {0xF900, 0xFAFF},
                                           {0xFE30, 0xFE6F},
                                           {0xFF00, 0xFF60},
                                           {0xFFE0, 0xFFE6},
                                           {0x1F300, 0x1FAFF},
                                           {0x20000, 0x3FFFD}}};

constexpr std::array<code_range, 6> zero_width{
    {{0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};

template <class Ranges>
bool within(const Ranges& ranges, char32_t code) {
    return std::ranges::any_of(ranges, [code](code_range range) { return code >= range.first && code <= range.last; });
}

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

}  // namespace

char32_t utf8_decode(std::string_view text, std::size_t at, std::size_t length) {
    const auto lead = byte_at(text, at);
    if (length == 1) return lead;
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) code = (code << 6U) | (byte_at(text, at + i) & 0x3FU);
    return code;
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

bool steers_text(char32_t code) {
    return code == 0x061C || (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x206F) || code == 0xFEFF;
}

std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto lead = byte_at(text, at);
    if (lead < 0x80) return 1;
    std::size_t length = 0;
    if (lead >= 0xC2 && lead <= 0xDF)
        length = 2;
    else if ((lead & 0xF0U) == 0xE0)
        length = 3;
    else if (lead >= 0xF0 && lead <= 0xF4)
        length = 4;
    if (length == 0 || text.size() - at < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte_at(text, at + i) & 0xC0U) != 0x80) return 0;
    const char32_t code = utf8_decode(text, at, length);
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

std::size_t find_invalid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        if (length == 0) return at;
        at += length;
    }
    return std::string_view::npos;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    while (bytes > 0 && (byte_at(text, bytes) & 0xC0U) == 0x80) --bytes;
    return text.substr(0, bytes);
}

std::string clip(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    if (bytes < ellipsis.size()) return {};
    return std::string(utf8_prefix(text, bytes - ellipsis.size())).append(ellipsis);
}

std::size_t terminal_columns(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = std::max<std::size_t>(utf8_length(text, at), 1);
        const char32_t code = utf8_decode(text, at, length);
        if (!within(zero_width, code)) width += within(wide, code) ? 2U : 1U;
        at += length;
    }
    return width;
}

bool has_control(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        if (length != 0 && is_control(utf8_decode(text, at, length))) return true;
        at += std::max<std::size_t>(length, 1);
    }
    return false;
}

std::string legible(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        const char32_t code = length == 0 ? 0 : utf8_decode(text, at, length);
        if ((is_control(code) && code != '\t') || steers_text(code))
            clean += replacement;
        else
            clean += text.substr(at, length);
        at += std::max<std::size_t>(length, 1);
    }
    return clean;
}

std::string in_quotes(std::string_view text) {
    const std::string_view kept = utf8_prefix(text, longest_quote);
    std::string quote = '"' + legible(kept) + (kept.size() < text.size() ? "…\"" : "\"");
    std::ranges::replace(quote, '\t', ' ');
    return quote;
}

}  // namespace opd
