#include "tests/support/toml_lines.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace opd::test {
namespace {

using texts = std::vector<std::string>;

constexpr std::string_view blanks = " \t\r\n";

/// Follows a text line by line: is a line the start of something, or within a value that began before it?
class line_scanner {
public:
    bool within_value() const { return !open_.empty() || depth_ != 0; }

    void read(std::string_view line) {
        at_ = 0;
        line_ = line;
        while (at_ < line_.size() && step()) {
        }
    }

    /// Where the comment of the line that was read last begins.
    std::optional<std::size_t> comment() const { return comment_; }

private:
    bool step() {
        comment_.reset();
        if (!open_.empty()) return skip_text();
        for (const std::string_view quotes : {"'''", "\"\"\"", "'", "\""}) {
            if (line_.substr(at_).starts_with(quotes)) {
                open_ = quotes;
                at_ += quotes.size();
                return true;
            }
        }
        const char sign = line_[at_];
        if (sign == '#') {
            comment_ = at_;
            return false;
        }
        if (sign == '[' || sign == '{') ++depth_;
        if (sign == ']' || sign == '}') --depth_;
        ++at_;
        return true;
    }

    bool skip_text() {
        if (open_.front() == '"' && line_[at_] == '\\') {
            at_ += 2;
        } else if (line_.substr(at_).starts_with(open_)) {
            at_ += open_.size();
            // `""""` ends a long text with a quote of its own.
            while (open_.size() == 3 && at_ < line_.size() && line_[at_] == open_.front()) ++at_;
            open_.clear();
        } else {
            ++at_;
        }
        return true;
    }

    std::string_view line_;
    std::size_t at_ = 0;
    std::string open_;  ///< the quotes that end the text
    int depth_ = 0;
    std::optional<std::size_t> comment_;
};

toml_section section_at(std::string_view header, std::size_t number) {
    toml_section made;
    header = trimmed(header);
    made.of_array = header.starts_with("[[");
    for (const char sign : header.substr(0, header.find(']')))
        if (std::string_view("[]'\" \t").find(sign) == std::string_view::npos) made.name += sign;
    made.lines = {number, number + 1};
    made.core_end = number + 1;
    return made;
}

bool belongs_to(std::string_view name, std::string_view table) {
    return name == table || (name.starts_with(table) && name.substr(table.size()).starts_with('.'));
}

/// What stands between two pieces belongs to them, if it is no other table.
void add(std::vector<line_range>& ranges, const texts& lines, const toml_section& section) {
    const auto is_nothing = [](const std::string& line) { return is_blank(line) || is_comment(line); };
    const line_range range{section.lines.begin, section.core_end};
    const auto at = [&lines](std::size_t number) { return lines.begin() + static_cast<std::ptrdiff_t>(number); };
    if (!ranges.empty() && std::all_of(at(ranges.back().end), at(range.begin), is_nothing))
        ranges.back().end = range.end;
    else
        ranges.push_back(range);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_blank(std::string_view line) { return trimmed(line).empty(); }

bool is_comment(std::string_view line) { return trimmed(line).starts_with('#'); }

std::optional<std::size_t> comment_in(std::string_view line) {
    line_scanner scanner;
    scanner.read(line);
    return scanner.comment();
}

texts lines_of(std::string_view text) {
    texts lines;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
        lines.emplace_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return lines;
}

std::vector<toml_section> sections_of(const texts& lines) {
    std::vector<toml_section> sections(1);
    line_scanner scanner;
    for (std::size_t number = 0; number != lines.size(); ++number) {
        const bool starts_here = !scanner.within_value();
        scanner.read(lines[number]);
        std::string_view line = trimmed(lines[number]);
        if (number == 0 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
        if (starts_here && line.starts_with('[')) {
            sections.push_back(section_at(line, number));
            continue;
        }
        sections.back().lines.end = number + 1;
        if (!starts_here || (!is_blank(line) && !is_comment(line))) sections.back().core_end = number + 1;
    }
    return sections;
}

std::vector<line_range> lines_of_element(const texts& lines, std::string_view array, std::size_t index) {
    std::vector<line_range> found;
    std::size_t seen = 0;
    for (const toml_section& section : sections_of(lines)) {
        if (section.of_array && section.name == array) ++seen;
        if (seen == index + 1 && belongs_to(section.name, array)) add(found, lines, section);
    }
    return found;
}

std::vector<line_range> lines_of_table(const texts& lines, std::string_view table) {
    std::vector<line_range> found;
    for (const toml_section& section : sections_of(lines))
        if (belongs_to(section.name, table)) add(found, lines, section);
    return found;
}

std::size_t count_elements(const texts& lines, std::string_view array) {
    const auto sections = sections_of(lines);
    return static_cast<std::size_t>(
        std::ranges::count_if(sections, [&](const auto& one) { return one.of_array && one.name == array; }));
}

texts comments_of(const texts& lines) {
    texts comments;
    line_scanner scanner;
    for (const std::string& line : lines) {
        const bool starts_here = !scanner.within_value();
        scanner.read(line);
        if (starts_here && is_comment(line)) comments.emplace_back(trimmed(line));
    }
    return comments;
}

}  // namespace opd::test
