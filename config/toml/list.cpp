#include "config/toml/list.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace opd {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view indentation = "    ";

bool has_break(std::string_view text) {
    return text.find('\n') != text.npos;
}

bool starts_with_break(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    return first != text.npos && text[first] == '\n';
}

/// Where the line break begins that is the first one from `at` on.
std::size_t end_of_line(std::string_view text, std::size_t at) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    return end > at && end < text.size() && text[end - 1] == '\r' ? end - 1 : end;
}

/// A lead without its comments: the last line break and the indentation.
std::string_view last_line(std::string_view lead) {
    const std::size_t line_feed = lead.rfind('\n');
    if (line_feed == lead.npos) return lead;
    return lead.substr(line_feed > 0 && lead[line_feed - 1] == '\r' ? line_feed - 1 : line_feed);
}

/// A lead up to the end of its last comment.
std::string_view comments_of(std::string_view lead) {
    const std::size_t last = lead.rfind('#');
    return last == lead.npos ? std::string_view() : lead.substr(0, end_of_line(lead, last));
}

/// The lead of what now follows where something with the lead `removed` was taken out.
std::string lead_after(std::string_view removed, std::string_view lead) {
    return std::string(has_break(lead) ? comments_of(removed) : removed) + std::string(has_break(lead) ? lead : "");
}

/// The lead of a second item where there is only one.
std::string between_or_blank(std::string_view lead) {
    return has_break(lead) ? std::string(last_line(lead)) : " ";
}

/// The lead of a first item between brackets that stand in different lines: in one line with the comments there.
std::string first_line_within(std::string_view tail) {
    const std::string_view last = last_line(tail);
    const std::size_t comment = tail.rfind('#');
    const std::size_t line = comment == tail.npos ? tail.npos : tail.rfind('\n', comment);
    if (line == tail.npos) return std::string(last) + std::string(indentation);
    const std::string_view line_break = last.substr(0, last.find('\n') + 1);
    return std::string(line_break) + std::string(tail.substr(line + 1, tail.find('#', line) - line - 1));
}

std::size_t find_comma(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == ',') return at;
        if (text[at] == '#') at = end_of_line(text, at);
    }
    return text.npos;
}

/// The comment that ends the first line.
std::string_view trail_of(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    const bool comment = first != text.npos && text[first] == '#';
    return comment ? text.substr(0, end_of_line(text, first)) : std::string_view();
}

}  // namespace

toml_list::toml_list(std::string_view text, text_range list, const std::vector<text_range>& items)
    : open_(text[list.begin]), close_(text[list.end - 1]) {
    std::size_t at = list.begin + 1;
    for (std::size_t i = 0; i < items.size(); ++i) {
        item made;
        made.lead = text.substr(at, items[i].begin - at);
        made.written = text.substr(items[i].begin, items[i].size());
        at = items[i].end;
        const std::size_t next = i + 1 < items.size() ? items[i + 1].begin : list.end - 1;
        const std::size_t comma = find_comma(text.substr(at, next - at));
        comma_at_end_ = comma != text.npos;
        if (comma_at_end_) {
            made.gap = text.substr(at, comma);
            at += comma + 1;
        }
        made.trail = trail_of(text.substr(at, next - at));
        at += made.trail.size();
        items_.push_back(std::move(made));
    }
    tail_ = text.substr(at, list.end - 1 - at);
}

void toml_list::replace(std::size_t place, std::string written) {
    items_[place].written = std::move(written);
}

void toml_list::remove(std::size_t place) {
    items_[place].removed = true;
}

void toml_list::insert(std::size_t before, std::string written) {
    const bool first = before == 0 && (insertions_.empty() || insertions_.front().before > 0);
    insertion made{.before = before, .made = {}};
    made.made.lead = first ? first_lead() : lead_between(before);
    made.made.written = std::move(written);
    const auto place = std::ranges::upper_bound(insertions_, before, {}, &insertion::before);
    insertions_.insert(place, std::move(made));
}

/// What stands between two items, by the example of those before the place.
std::string toml_list::lead_between(std::size_t before) const {
    if (items_.empty()) return insertions_.empty() ? " " : between_or_blank(insertions_.front().made.lead);
    if (items_.size() == 1) return between_or_blank(items_.front().lead);
    return std::string(last_line(items_[std::max<std::size_t>(before, 2) - 1].lead));
}

/// Makes room for a new first item; comments behind the opening bracket, and all in an empty list, stay before it.
std::string toml_list::first_lead() {
    if (items_.empty()) {
        if (open_ == '{' && tail_.empty()) tail_ = " ";
        if (!has_break(tail_)) return tail_;
        const std::string last(last_line(tail_));
        std::string lead = tail_.substr(0, tail_.size() - last.size()) + first_line_within(tail_);
        tail_ = last;
        return lead;
    }
    std::string& old = items_.front().lead;
    if (!has_break(old)) return std::exchange(old, lead_between(0));
    const std::string head(trail_of(old));
    const std::string lead = head + std::string(last_line(old));
    old.erase(0, head.size());
    return lead;
}

std::vector<toml_list::item> toml_list::edited(std::string& tail, std::string_view line_break) const {
    std::vector<item> made;
    std::optional<std::string> removed;  // the lead of what was taken out
    const auto put = [&made, &removed](item next) {
        if (removed) next.lead = lead_after(*removed, next.lead);
        removed.reset();
        made.push_back(std::move(next));
    };
    auto next = insertions_.begin();
    for (std::size_t i = 0; i <= items_.size(); ++i) {
        for (; next != insertions_.end() && next->before == i; ++next) {
            put(next->made);
        }
        if (i == items_.size()) break;
        if (items_[i].removed) {
            removed = removed ? lead_after(*removed, items_[i].lead) : items_[i].lead;
        } else {
            put(items_[i]);
        }
    }
    const std::string comments(removed ? comments_of(*removed) : std::string_view());
    if (!comments.empty() && !starts_with_break(tail)) tail.insert(0, line_break);
    tail.insert(0, comments);
    return made;
}

std::string toml_list::write(std::string_view line_break) const {
    std::string tail = tail_;
    const std::vector<item> items = edited(tail, line_break);
    std::string written(1, open_);
    bool in_comment = false;
    const auto put = [&written, &in_comment, line_break](std::string_view blanks_and_comments) {
        if (in_comment && !starts_with_break(blanks_and_comments)) written += line_break;
        written += blanks_and_comments;
    };
    for (const item& each : items) {
        put(each.lead);
        written += each.written;
        const bool comma = &each != &items.back() || comma_at_end_;
        if (comma || each.gap.find('#') != each.gap.npos) written += each.gap;
        if (comma) written += ',';
        written += each.trail;
        in_comment = !each.trail.empty();
    }
    put(tail);
    return written + close_;
}

}  // namespace opd
