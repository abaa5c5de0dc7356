#include "config/diagnostic.hpp"

#include "config/result.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

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

}  // namespace

std::string diagnostic::headline() const {
    std::string said = legible(message);
    std::ranges::replace(said, '\t', ' ');
    if (line == 0) return fmt::format("{}: {}", legible(file), said);
    return fmt::format("{}:{}:{}: {}", legible(file), line, column, said);
}

std::string diagnostic::sentence() const {
    return problem(headline(), hint).sentence();
}

std::string diagnostic::text() const {
    std::string shown = headline();
    if (line != 0 && !source_line.empty()) {
        const std::string number = std::to_string(line);
        shown += fmt::format("\n   {} | {}", number, legible(source_line));
        if (column > 0 && column <= source_line.size() + 1) {
            shown += fmt::format("\n   {} | {}", std::string(number.size(), ' '), marker(*this));
        }
    }
    if (!hint.empty()) shown += "\n   " + legible(hint);
    return shown;
}

}  // namespace opd
