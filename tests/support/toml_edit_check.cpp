#include "tests/support/toml_edit_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace opd::test {
namespace {

using texts = std::vector<std::string>;

std::size_t blank_lines_beside(const texts& lines, line_range range) {
    std::size_t count = 0;
    for (std::size_t number = range.begin; number > 0 && is_blank(lines[number - 1]); --number) ++count;
    for (std::size_t number = range.end; number < lines.size() && is_blank(lines[number]); ++number) ++count;
    return count;
}

/// The lines, without a BOM and all ended by LF; an added line may have ended the last of the file.
texts ended(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    texts lines = lines_of(text);
    for (std::string& line : lines) {
        line.resize(line.size() - (line.ends_with("\r\n") ? 2 : line.ends_with('\n') ? 1 : 0));
        line += '\n';
    }
    return lines;
}

texts without_blank(std::span<const std::string> lines) {
    texts kept;
    std::ranges::copy_if(lines, std::back_inserter(kept), [](const auto& line) { return !is_blank(line); });
    return kept;
}

std::string first_difference(const texts& expected, const texts& found) {
    const auto [a, b] = std::ranges::mismatch(expected, found);
    const auto shown = [](const texts& lines, auto at) {
        return at == lines.end() ? std::string("the end") : fmt::format("'{}'", trimmed(*at));
    };
    return fmt::format("{} where {} was", shown(found, b), shown(expected, a));
}

/// A BOM stays, and in a file with line ends of one sort an edit does not bring in another.
std::string wrong_form(std::string_view before, std::string_view after) {
    if (before.starts_with(byte_order_mark) != after.starts_with(byte_order_mark)) return "the BOM";
    const auto has_lf = [](const std::string& line) { return line.ends_with('\n') && !line.ends_with("\r\n"); };
    const auto has_crlf = [](const std::string& line) { return line.ends_with("\r\n"); };
    const texts old_lines = lines_of(before);
    const texts new_lines = lines_of(after);
    if (std::ranges::none_of(old_lines, has_crlf) && std::ranges::any_of(new_lines, has_crlf)) return "a CRLF";
    if (std::ranges::any_of(old_lines, has_crlf) && std::ranges::none_of(old_lines, has_lf) &&
        std::ranges::any_of(new_lines, has_lf)) {
        return "a bare LF";
    }
    return {};
}

/// A line `key = value`: what stands before the value, and the comment behind it.
struct line_frame {
    std::string line;
    std::string key;  ///< with the table's name
    std::string head;
    std::string tail;
};

std::vector<line_frame> frames_of(const texts& lines) {
    std::vector<line_frame> frames;
    for (const toml_section& section : sections_of(lines)) {
        for (std::size_t number = section.lines.begin; number != section.lines.end; ++number) {
            const std::string& line = lines[number];
            const std::size_t equals = line.find('=');
            if (equals == line.npos || is_comment(line) || trimmed(line).starts_with('[')) continue;
            const std::size_t value = std::min(line.find_first_not_of(" \t", equals + 1), line.size());
            const auto comment = comment_in(line);
            frames.push_back({line, fmt::format("{}.{}", section.name, trimmed(line.substr(0, equals))),
                              line.substr(0, value), comment ? line.substr(*comment) : std::string()});
        }
    }
    return frames;
}

/// A line whose key is still there, but not its spacing or its comment.
std::string lost_frame(const texts& before, const texts& after) {
    const auto left = frames_of(after);
    for (const line_frame& old_frame : frames_of(before)) {
        const auto found = std::ranges::find(left, old_frame.key, &line_frame::key);
        if (found == left.end() || std::ranges::find(after, old_frame.line) != after.end()) continue;
        if (!found->line.starts_with(old_frame.head) || !found->line.ends_with(old_frame.tail))
            return fmt::format("'{}' instead of '{}'", trimmed(found->line), trimmed(old_frame.line));
    }
    return {};
}

/// A comment that is gone, although neither the table around it nor the tables on both sides of it are.
std::string lost_comment(const texts& before, const texts& after) {
    const texts left = comments_of(after);
    const auto sections = sections_of(before);
    const auto is_gone = [&](const toml_section& section) {
        return !section.name.empty() && std::ranges::find(after, before[section.lines.begin]) == after.end();
    };
    for (std::size_t i = 0; i != sections.size(); ++i) {
        const toml_section& here = sections[i];
        const bool next_is_gone = i + 1 == sections.size() || is_gone(sections[i + 1]);
        const std::size_t begin = is_gone(here) ? (next_is_gone ? here.lines.end : here.core_end) : here.lines.begin;
        for (const std::string& comment : comments_of({before.begin() + static_cast<std::ptrdiff_t>(begin),
                                                       before.begin() + static_cast<std::ptrdiff_t>(here.lines.end)})) {
            if (std::ranges::find(left, comment) == left.end()) return comment;
        }
    }
    return {};
}

/// What an update did within the lines that it may change.
std::string beyond_update_within(const texts& before, const texts& after) {
    const std::string comment = lost_comment(before, after);
    return comment.empty() ? lost_frame(before, after) : "lost the comment " + comment;
}

/// A comment right behind a block may be about it: what is added may stand behind both.
std::vector<line_range> with_comments_behind(std::vector<line_range> ranges, const texts& lines) {
    for (line_range& range : ranges)
        while (range.end < lines.size() && is_comment(lines[range.end])) ++range.end;
    return ranges;
}

/// A text without blank lines, as what must stay and what may change in turn: one more of the former.
struct update_pieces {
    std::vector<texts> fixed{1};
    std::vector<texts> own;
};

update_pieces take_apart(const texts& lines, const std::vector<line_range>& own) {
    update_pieces pieces;
    for (std::size_t number = 0; number != lines.size(); ++number) {
        if (is_blank(lines[number])) continue;
        const bool changes = std::ranges::any_of(
            own, [number](line_range range) { return range.begin <= number && number < range.end; });
        if (changes && (pieces.own.empty() || !pieces.fixed.back().empty())) pieces.own.emplace_back();
        if (changes && pieces.fixed.size() < pieces.own.size() + 1) pieces.fixed.emplace_back();
        (changes ? pieces.own : pieces.fixed).back().push_back(lines[number]);
    }
    return pieces;
}

}  // namespace

std::string beyond_append(std::string_view before, std::string_view after, std::string_view array) {
    const texts old_lines = ended(before);
    const texts new_lines = ended(after);
    if (auto wrong = wrong_form(before, after); !wrong.empty()) return wrong;
    const std::size_t count = count_elements(old_lines, array);
    const std::size_t first_place = count == 0 ? 0 : lines_of_element(old_lines, array, count - 1).back().end;
    if (new_lines.size() < old_lines.size()) return "lines are gone";
    const std::size_t added = new_lines.size() - old_lines.size();
    for (std::size_t place = first_place; place <= old_lines.size(); ++place) {
        const auto rest = static_cast<std::ptrdiff_t>(place);
        if (std::equal(old_lines.begin(), old_lines.begin() + rest, new_lines.begin()) &&
            std::equal(old_lines.begin() + rest, old_lines.end(),
                       new_lines.begin() + rest + static_cast<std::ptrdiff_t>(added))) {
            return {};
        }
    }
    return "not one run of lines behind the last element: " + first_difference(old_lines, new_lines);
}

std::string beyond_removal(std::string_view before, std::string_view after, std::string_view array, std::size_t index) {
    if (auto wrong = wrong_form(before, after); !wrong.empty()) return wrong;
    texts kept = ended(before);
    const auto own = lines_of_element(kept, array, index);
    const texts new_lines = ended(after);
    const auto blank = [](const texts& lines) { return std::ranges::count_if(lines, is_blank); };
    std::size_t dispensable = 0;
    for (const line_range range : own) dispensable += blank_lines_beside(kept, range);
    for (auto range = own.rbegin(); range != own.rend(); ++range) {
        kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(range->begin),
                   kept.begin() + static_cast<std::ptrdiff_t>(range->end));
    }
    // One in place of a block keeps a comment above it from being taken for one about what follows.
    if (blank(new_lines) > blank(kept) + static_cast<std::ptrdiff_t>(own.size())) return "blank lines were added";
    if (std::cmp_less(blank(new_lines) + static_cast<std::ptrdiff_t>(dispensable), blank(kept)))
        return "blank lines elsewhere went";
    const texts expected = without_blank(kept);
    const texts found = without_blank(new_lines);
    return expected == found ? std::string() : first_difference(expected, found);
}

std::string beyond_update(std::string_view before, std::string_view after, const std::vector<line_range>& own) {
    const texts old_lines = ended(before);
    const texts new_lines = ended(after);
    if (auto wrong = wrong_form(before, after); !wrong.empty()) return wrong;
    const update_pieces pieces = take_apart(old_lines, with_comments_behind(own, old_lines));
    const texts found = without_blank(new_lines);
    auto at = found.begin();
    for (std::size_t i = 0; i != pieces.fixed.size(); ++i) {
        const texts& fixed = pieces.fixed[i];
        auto place = i + 1 < pieces.fixed.size() ? std::search(at, found.end(), fixed.begin(), fixed.end())
                                                 : std::find_end(at, found.end(), fixed.begin(), fixed.end());
        const bool lost = place == found.end() && !fixed.empty();
        if (lost || (i == 0 && place != found.begin()))
            return "lines of others have changed: " + first_difference(without_blank(old_lines), found);
        if (i != 0) {
            if (auto wrong = beyond_update_within(pieces.own[i - 1], texts(at, place)); !wrong.empty()) return wrong;
        }
        at = place + static_cast<std::ptrdiff_t>(fixed.size());
    }
    return at == found.end() ? std::string() : fmt::format("'{}' was added at the end", trimmed(*at));
}

std::string shown_difference(std::string_view before, std::string_view after) {
    constexpr std::ptrdiff_t context = 4;
    const texts old_lines = lines_of(before);
    const texts new_lines = lines_of(after);
    const auto first = std::ranges::mismatch(old_lines, new_lines).in1 - old_lines.begin();
    const auto most_at_end = static_cast<std::ptrdiff_t>(std::min(old_lines.size(), new_lines.size())) - first;
    std::ptrdiff_t at_end = 0;
    while (at_end < most_at_end && *(old_lines.rbegin() + at_end) == *(new_lines.rbegin() + at_end)) ++at_end;
    std::string shown;
    for (const auto& [sign, lines] : {std::pair('-', &old_lines), std::pair('+', &new_lines)}) {
        const auto size = static_cast<std::ptrdiff_t>(lines->size());
        const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(first - context, 0);
        const std::ptrdiff_t end = std::min(size - at_end + context, size);
        for (std::ptrdiff_t number = begin; number < end; ++number) {
            const bool differs = number >= first && number < size - at_end;
            shown += fmt::format("\n{} {}", differs ? sign : ' ', trimmed(lines->at(static_cast<std::size_t>(number))));
        }
        shown += "\n";
    }
    return shown;
}

}  // namespace opd::test
