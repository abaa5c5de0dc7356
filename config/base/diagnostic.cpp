#include "config/base/diagnostic.hpp"

#include "config/base/ascii.hpp"
#include "config/base/result.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace opd {
namespace {

/// What stands below the line up to the marked place: as wide as the text above it, with its tabs.
std::string margin(std::string_view before) {
    std::string blank;
    for (std::size_t at = 0; at < before.size();) {
        const std::size_t end = std::min(before.find('\t', at), before.size());
        blank.append(terminal_columns(before.substr(at, end - at)), ' ');
        if (end < before.size()) blank += '\t';
        at = end + 1;
    }
    return blank;
}

std::string marker(const diagnostic& shown) {
    const std::string_view line = shown.source_line;
    const std::size_t start = shown.column - 1;
    // What is not printable is shown as U+FFFD, which is one column wide: measure what is shown.
    const std::string marked = legible(line.substr(start, shown.length));
    const std::size_t width = std::max<std::size_t>(terminal_columns(marked), 1);
    return margin(legible(line.substr(0, start))) + '^' + std::string(width - 1, '~');
}

constexpr std::size_t longest_source_line = 160;

bool contains_ignoring_case(std::string_view text, std::string_view word) {
    const auto same = [](char a, char b) { return lower_case(a) == b; };
    return !std::ranges::search(text, word, same).empty();
}

/// Keys are pasted where only the name of a variable belongs, and passwords are written into URLs.
bool may_hold_a_secret(std::string_view line) {
    static constexpr std::array<std::string_view, 10> signs{"extra_env", "proxy", "key", "token",  "secret",
                                                            "passw",     "auth",  "sk-", "bearer", "credential"};
    const bool named =
        std::ranges::any_of(signs, [line](std::string_view sign) { return contains_ignoring_case(line, sign); });
    const std::size_t url = line.find("://");
    return named || (url != line.npos && line.find_first_of("@?", url) != line.npos);
}

bool is_header(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t");
    return first != line.npos && line[first] == '[';
}

}  // namespace

std::string diagnostic::headline() const {
    std::string said = legible(message);
    std::ranges::replace(said, '\t', ' ');
    if (line == 0) return fmt::format("{}: {}", legible(file), said);
    return fmt::format("{}:{}:{}: {}", legible(file), line, column, said);
}

std::string diagnostic::sentence() const { return problem(headline(), hint).sentence(); }

std::string diagnostic::text() const {
    std::string shown = headline();
    if (line != 0 && !source_line.empty()) {
        shown += fmt::format("\n   {} | {}", line, legible(source_line));
        if (column > 0 && column <= source_line.size() + 1)
            shown += fmt::format("\n   {:{}} | {}", "", fmt::formatted_size("{}", line), marker(*this));
    }
    if (!hint.empty()) shown += "\n   " + legible(hint);
    return shown;
}

source_text::source_text(std::string file, std::string_view text) : file_(std::move(file)), text_(text), starts_{0} {
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) starts_.push_back(at + 1);
}

std::size_t source_text::line_of(std::size_t offset) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(starts_, offset) - starts_.begin());
}

std::string_view source_text::line(std::size_t number) const {
    const std::size_t start = starts_[number - 1];
    std::string_view found = text_.substr(start, text_.find('\n', start) - start);
    if (found.ends_with('\r')) found.remove_suffix(1);
    return found;
}

bool source_text::may_be_quoted(std::size_t number) const {
    if (may_hold_a_secret(line(number))) return false;
    for (; number > 0; --number)
        if (is_header(line(number))) return !contains_ignoring_case(line(number), "extra_env");
    return true;
}

diagnostic source_text::at(std::size_t offset, std::size_t length, std::string message, std::string hint) const {
    offset = std::min(offset, text_.size());
    const std::size_t number = line_of(offset);
    const std::string_view whole_line = line(number);
    const std::size_t before = offset - starts_[number - 1];
    diagnostic made = whole(std::move(message), std::move(hint));
    made.line = number;
    made.column = before + 1;
    made.length = std::min(length, whole_line.size() - std::min(whole_line.size(), before));
    if (may_be_quoted(number)) made.source_line = utf8_prefix(whole_line, longest_source_line);
    return made;
}

diagnostic source_text::whole(std::string message, std::string hint) const {
    return {.file = file_, .message = std::move(message), .hint = std::move(hint)};
}

}  // namespace opd
