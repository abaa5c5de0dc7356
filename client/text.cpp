#include "client/text.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>

namespace opd {
namespace {

/// One decimal below 10, none where it would be 0.
std::string short_number(double value) {
    const double tenths = std::round(value * 10.0);
    if (value < 10.0 && std::fmod(tenths, 10.0) != 0.0) return fmt::format("{:.1f}", tenths / 10.0);
    return fmt::format("{:.0f}", std::round(value));
}

/// Reads exactly `digits` decimal digits and then the separator (0: none) off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits, char separator) {
    const std::size_t length = digits + (separator != 0 ? 1 : 0);
    if (text.size() < length || text.front() == '-') return std::nullopt;
    const auto value = read_number<int>(text.substr(0, digits));
    if (separator != 0 && text[digits] != separator) return std::nullopt;
    text.remove_prefix(length);
    return value;
}

/// The offset from UTC at the end of a time.
std::optional<std::chrono::minutes> read_offset(std::string_view text) {
    if (text == "Z" || text == "z") return std::chrono::minutes(0);
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const bool west = text.front() == '-';
    text.remove_prefix(1);
    const auto hours = take_number(text, 2, ':');
    const auto minutes = hours ? take_number(text, 2, 0) : std::nullopt;
    if (!minutes || !text.empty()) return std::nullopt;
    const auto offset = std::chrono::minutes(*hours * 60 + *minutes);
    return west ? -offset : offset;
}

std::string escaped(std::string_view character) {
    if (character == "\n") return "\\n";
    if (character == "\r") return "\\r";
    if (character == "\t") return "\\t";
    const auto code = static_cast<std::uint32_t>(utf8_decode(character, 0, character.size()));
    return code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{{{:x}}}", code);
}

void add_line(std::string& out, const std::vector<cell>& cells, const std::vector<std::size_t>& widths,
              const std::vector<column>& columns, bool colour) {
    std::size_t blanks = 0;  // owed to the next text, so that no line ends in blanks
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::size_t gap = widths[i] - terminal_columns(cells[i].text);
        if (columns[i].right) blanks += gap;
        if (!cells[i].text.empty()) {
            out.append(blanks, ' ');
            blanks = 0;
            out += tinted(cells[i].text, cells[i].colour, colour);
        }
        if (!columns[i].right) blanks += gap;
        blanks += 2;
    }
    out += '\n';
}

}  // namespace

std::string plural(std::uint64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string duration_text(std::chrono::system_clock::duration duration) {
    const auto seconds = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(duration).count());
    if (seconds < 60) return fmt::format("{}s", seconds);
    if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{}h {}m", seconds / 3600, seconds % 3600 / 60);
    return fmt::format("{}d {}h", seconds / 86400, seconds % 86400 / 3600);
}

std::string age(std::chrono::system_clock::time_point when, std::chrono::system_clock::time_point now) {
    if (now - when < std::chrono::seconds(1)) return "now";
    const std::string both = duration_text(now - when);
    return both.substr(0, both.find(' ')) + " ago";
}

std::string latency_text(std::uint64_t milliseconds) {
    if (milliseconds < 1000) return fmt::format("{} ms", milliseconds);
    return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000.0);
}

std::string token_count(std::uint64_t count) {
    if (count < 1000) return fmt::format("{}", count);
    const bool binary = count % 1024 == 0 && count % 1000 != 0;
    const double kilo = binary ? 1024.0 : 1000.0;
    const double thousands = static_cast<double>(count) / kilo;
    if (std::round(thousands) < 1000.0) return short_number(thousands) + 'k';
    return short_number(thousands / kilo) + 'M';
}

std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) {
    constexpr std::array<std::pair<std::size_t, char>, 6> layout{
        {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, '\0'}}};
    std::array<int, 6> parts{};
    for (std::size_t i = 0; i < layout.size(); ++i) {
        const auto part = take_number(text, layout[i].first, layout[i].second);
        if (!part) return std::nullopt;
        parts[i] = *part;
    }
    if (text.starts_with('.')) text.remove_prefix(std::min(text.find_first_not_of("0123456789", 1), text.size()));
    const auto offset = read_offset(text);
    const auto day = std::chrono::year(parts[0]) / parts[1] / parts[2];
    if (!offset || !day.ok()) return std::nullopt;
    return std::chrono::sys_days(day) + std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
           std::chrono::seconds(parts[5]) - *offset;
}

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
        const bool ends = text.find('\n') != text.npos;
        out += printable(next_part(text, '\n'));
        if (ends) out += '\n';
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

std::string shell_quoted(std::string_view text) {
    constexpr std::string_view harmless = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
    if (!text.empty() && text.find_first_not_of(harmless) == text.npos) return std::string(text);
    std::string out = "'";
    for (const char c : text)
        if (c == '\'')
            out += "'\\''";
        else
            out += c;
    return out + '\'';
}

std::string command_line_text(std::span<const std::string> words) {
    return fmt::format("{}", fmt::join(words | std::views::transform(shell_quoted), " "));
}

std::string tinted(std::string_view printable_text, tint colour, bool use_colour) {
    if (!use_colour || colour == tint::plain) return std::string(printable_text);
    // In the order of the tints.
    constexpr std::array<int, 6> codes{0, 32, 33, 31, 2, 1};
    return fmt::format("\x1b[{}m{}\x1b[0m", codes.at(static_cast<std::size_t>(colour)), printable_text);
}

std::string render_table(const std::vector<column>& columns, const std::vector<std::vector<cell>>& rows, bool colour) {
    std::vector<std::vector<cell>> lines(1);
    for (const column& one : columns) lines[0].push_back({std::string(one.title), tint::strong});
    lines.insert(lines.end(), rows.begin(), rows.end());
    std::vector<std::size_t> widths(columns.size(), 0);
    for (std::vector<cell>& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) {
            line[i].text = printable(line[i].text);
            widths[i] = std::max(widths[i], terminal_columns(line[i].text));
        }
    std::string out;
    for (const std::vector<cell>& line : lines) add_line(out, line, widths, columns, colour);
    return out;
}

std::string render_facts(const shown_facts& all, bool colour) {
    std::size_t width = 0;
    for (const auto& [label, value] : all) width = std::max(width, terminal_columns(label));
    std::string out;
    for (const auto& [label, value] : all) {
        const std::string text = tinted(printable(value.text), value.colour, colour);
        out += fmt::format("{:<{}}  {}\n", label, width, text);
    }
    return out;
}

}  // namespace opd
