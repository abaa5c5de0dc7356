#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

/// A text from outside made fit for a terminal: control characters, line breaks and characters that turn the writing
/// direction become visible escapes (`\x1b`, `\n`, `\u{202e}`), bytes that are no UTF-8 become U+FFFD.
std::string printable(std::string_view text);

/// The same for a text of several lines, whose line breaks stay.
std::string printable_lines(std::string_view text);

/// A JSON document with the control characters that JSON allows in the clear (DEL, U+0080 to U+009F), and with those
/// that turn the writing direction, as JSON escapes: the same document, but fit for a terminal. What is not JSON there
/// (other control characters, bytes that are no UTF-8) is escaped as well.
std::string printable_json(std::string_view document);

/// The text as a word of a POSIX shell's command line, which takes every byte of it literally: quoted where need be.
std::string shell_quoted(std::string_view text);

/// The words as a command line.
std::string command_line_text(std::span<const std::string> words);

/// `1 model`, `2 models`.
std::string plural(std::uint64_t count, std::string_view thing);

/// `12s ago`, `3m ago`, `5h ago`, `2d ago`; `now` below a second and for what lies ahead (clocks differ).
std::string age(std::chrono::system_clock::time_point when, std::chrono::system_clock::time_point now);

/// `12s`, `3m 5s`, `5h 12m`, `2d 3h`; `0s` for less.
std::string duration_text(std::chrono::system_clock::duration);

/// `12 ms`, `1.2 s`.
std::string latency_text(std::uint64_t milliseconds);

/// A number of tokens as people write it: `512`, `8.2k`, `128k` (128,000 and 131,072 alike), `1M`.
std::string token_count(std::uint64_t);

/// Reads an RFC 3339 time (`2026-08-05T12:34:56.789Z`, an offset instead of Z too). nullopt: it is none.
std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view);

enum class tint : unsigned char { plain, good, warning, bad, faint, strong };

/// The text in a colour, for a terminal; as it is where colour is off.
std::string tinted(std::string_view printable_text, tint, bool colour);

struct column {
    std::string_view title;
    bool right = false;  ///< aligned at the right: numbers
};

struct cell {
    cell(std::string shown, tint in = tint::plain) : text(std::move(shown)), colour(in) {}
    cell(const char* shown, tint in = tint::plain) : text(shown), colour(in) {}

    std::string text;  ///< any text: it is made printable here
    tint colour;
};

/// A table with a line of titles, columns aligned by what a terminal shows and two blanks apart, no blanks at the ends
/// of lines. Every row has as many cells as there are columns. Each line ends in a line break.
std::string render_table(const std::vector<column>&, const std::vector<std::vector<cell>>& rows, bool colour);

using shown_facts = std::vector<std::pair<std::string_view, cell>>;

/// `LABEL  TEXT` lines with aligned texts, for the facts about one thing.
std::string render_facts(const shown_facts&, bool colour);

}  // namespace opd
