#include "config/toml/layout.hpp"
#include "config/toml/parse.hpp"
#include "config/toml/writer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::string_view indentation = "    ";

bool has_break(std::string_view text) { return text.find('\n') != text.npos; }

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
std::string last_line(std::string_view lead) {
    const std::size_t line_feed = lead.rfind('\n');
    if (line_feed == lead.npos) return std::string(lead);
    return std::string(lead.substr(line_feed > 0 && lead[line_feed - 1] == '\r' ? line_feed - 1 : line_feed));
}

/// A lead up to the end of its last comment.
std::string comments_of(std::string_view lead) {
    const std::size_t last = lead.rfind('#');
    return last == lead.npos ? "" : std::string(lead.substr(0, end_of_line(lead, last)));
}

/// The comment that ends the first line.
std::string trail_of(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    const bool comment = first != text.npos && text[first] == '#';
    return comment ? std::string(text.substr(0, end_of_line(text, first))) : "";
}

std::size_t find_comma(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && text[at] != ',') at = text[at] == '#' ? end_of_line(text, at) : at + 1;
    return at;
}

/// The elements of a `[...]`, or the members of a `{...}`, with the blanks, line breaks and comments around them.
class item_list {
public:
    /// `text` begins and ends with the brackets, `places` are those of what they hold.
    item_list(std::string_view text, const std::vector<text_range>& places, std::string_view line_break);

    void replace(std::size_t place, std::string written) { items_[place].written = std::move(written); }

    /// Comments above it stay; one that follows it in its line goes with it.
    void remove(std::size_t place);
    /// It imitates its neighbours.
    void insert(std::size_t place, std::string written);

    std::string write() const;

private:
    struct item {
        std::string lead;     ///< from the end of the last item to this one
        std::string written;  ///< the item itself
        std::string trail;    ///< the comment that follows in its line, with the blanks before it
    };

    std::string first_lead();
    std::string only_lead();

    char open_;
    char close_;
    std::string line_break_;
    std::vector<item> items_;
    std::string tail_;  ///< from the end of the last item to the closing bracket
    bool comma_at_end_ = false;
};

item_list::item_list(std::string_view text, const std::vector<text_range>& places, std::string_view line_break)
    : open_(text.front()), close_(text.back()), line_break_(line_break) {
    std::size_t at = 1;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::size_t next = i + 1 < places.size() ? places[i + 1].begin : text.size() - 1;
        const std::string_view behind = text.substr(places[i].end, next - places[i].end);
        const std::size_t comma = find_comma(behind);
        comma_at_end_ = comma < behind.size();
        const std::string_view rest = behind.substr(std::min(comma + 1, behind.size()));
        const std::string trail = trail_of(comma_at_end_ ? rest : behind);
        items_.push_back({.lead = std::string(text.substr(at, places[i].begin - at)),
                          .written = std::string(places[i].of(text)),
                          .trail = (comma_at_end_ ? comments_of(behind.substr(0, comma)) : "") + trail});
        at = (comma_at_end_ ? next - rest.size() : places[i].end) + trail.size();
    }
    tail_ = text.substr(at, text.size() - 1 - at);
}

void item_list::remove(std::size_t place) {
    const std::string lead = std::move(items_[place].lead);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(place));
    const bool last = place == items_.size();
    std::string& next = last ? tail_ : items_[place].lead;
    if (!last && !has_break(next)) {
        next = lead;
        return;
    }
    const std::string comments = comments_of(lead);
    if (!comments.empty() && !starts_with_break(next)) next.insert(0, line_break_);
    next.insert(0, comments);
}

void item_list::insert(std::size_t place, std::string written) {
    std::string lead;
    if (items_.empty())
        lead = only_lead();
    else if (place == 0)
        lead = first_lead();
    else if (items_.size() == 1)
        lead = has_break(items_[0].lead) ? last_line(items_[0].lead) : " ";
    else
        lead = last_line(items_[std::max<std::size_t>(place, 2) - 1].lead);
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(place),
                  {.lead = std::move(lead), .written = std::move(written), .trail = ""});
}

/// Makes room before the first item; a comment behind the opening bracket stays before it.
std::string item_list::first_lead() {
    std::string& old = items_.front().lead;
    if (!has_break(old)) return std::exchange(old, items_.size() > 1 ? last_line(items_[1].lead) : " ");
    const std::string head = trail_of(old);
    old.erase(0, head.size());
    return head + last_line(old);
}

/// Makes room in an empty list, behind all comments there, and indented as the last of them is.
std::string item_list::only_lead() {
    if (open_ == '{' && tail_.empty()) tail_ = " ";
    if (!has_break(tail_)) return tail_;
    const std::string last = last_line(tail_);
    const std::size_t comment = tail_.rfind('#');
    const std::size_t line = comment == tail_.npos ? tail_.npos : tail_.rfind('\n', comment);
    const std::string indented = line == tail_.npos
                                     ? last + std::string(indentation)
                                     : last.substr(0, last.find('\n') + 1) + tail_.substr(line + 1, comment - line - 1);
    const std::string lead = tail_.substr(0, tail_.size() - last.size()) + indented;
    tail_ = last;
    return lead;
}

std::string item_list::write() const {
    std::string written(1, open_);
    bool in_comment = false;
    const auto put = [&](std::string_view blanks_and_comments) {
        if (in_comment && !starts_with_break(blanks_and_comments)) written += line_break_;
        written += blanks_and_comments;
    };
    for (const item& each : items_) {
        put(each.lead);
        written += each.written;
        if (&each != &items_.back() || comma_at_end_) written += ',';
        written += each.trail;
        in_comment = !each.trail.empty();
    }
    put(tail_);
    return written + close_;
}

text_range whole(std::string_view text) { return {0, text.size()}; }

std::string edit_array(std::string_view old, const json::array& before, const json::array& after,
                       const toml_style& otherwise) {
    const std::vector<text_range> places = elements_of_array(old, whole(old));
    const toml_style style = style_of_values(old, places, otherwise);
    if (places.size() != before.size()) return write_value(after, style);
    const auto [head, tail] = common_ends(before, after);
    const std::size_t old_end = before.size() - tail;
    const std::size_t new_end = after.size() - tail;
    item_list list(old, places, style.line_break);
    for (std::size_t i = head; i < std::min(old_end, new_end); ++i)
        list.replace(i, edit_value(places[i].of(old), &before[i], after[i], style));
    for (std::size_t i = old_end; i > new_end; --i) list.remove(i - 1);
    for (std::size_t i = old_end; i < new_end; ++i) list.insert(i, write_value(after[i], style));
    return list.write();
}

std::string edit_inline_table(std::string_view old, const json::object& before, const json::object& after,
                              const toml_style& otherwise) {
    const toml_layout layout = layout_of_inline_table(old, whole(old));
    toml_statements pairs;
    std::vector<text_range> places;
    std::vector<std::string_view> names;
    for (const toml_statement& pair : layout.statements) {
        pairs.push_back(&pair);
        places.push_back(pair.lines);
        names.push_back(pair.key.front().name);
    }
    const toml_style style = style_of_values(old, pairs, otherwise);
    item_list list(old, places, style.line_break);
    for (std::size_t i = pairs.size(); i-- > 0;) {
        const json::value* was = before.if_contains(names[i]);
        const json::value* is = after.if_contains(names[i]);
        if (is != nullptr ? was != nullptr && same_value(*was, *is) : was == nullptr) continue;
        if (is != nullptr && pairs[i]->key.size() == 1) {
            const std::size_t value = pairs[i]->value.begin;
            list.replace(i, std::string(old.substr(places[i].begin, value - places[i].begin)) +
                                edit_value(pairs[i]->value.of(old), was, *is, style));
        } else {
            list.remove(i);
            names.erase(names.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    std::size_t place = names.size();
    for (const auto& member : after) {
        const auto last = std::ranges::find(names.rbegin(), names.rend(), std::string_view(member.key()));
        if (last != names.rend()) {
            place = static_cast<std::size_t>(names.rend() - last);
            continue;
        }
        list.insert(place, write_key(member.key()) + style.equals + write_value(member.value(), style));
        names.insert(names.begin() + static_cast<std::ptrdiff_t>(place++), member.key());
    }
    return list.write();
}

}  // namespace

std::string edit_value(std::string_view old, const json::value* before, const json::value& after,
                       const toml_style& style) {
    if (before != nullptr && same_value(*before, after)) return std::string(old);
    const char first = old.front();
    if (first == '{' && before != nullptr && before->is_object() && after.is_object())
        return edit_inline_table(old, before->get_object(), after.get_object(), style);
    if (first == '[' && before != nullptr && before->is_array() && after.is_array())
        return edit_array(old, before->get_array(), after.get_array(), style);
    if ((first == '"' || first == '\'') && after.is_string()) return write_text_like(old, after.get_string(), style);
    return write_value(after, style);
}

std::string with_element(std::string_view array, const json::value& element, const toml_style& otherwise) {
    const std::vector<text_range> places = elements_of_array(array, whole(array));
    const toml_style style = style_of_values(array, places, otherwise);
    item_list list(array, places, style.line_break);
    list.insert(places.size(), write_value(element, style));
    return list.write();
}

std::string without_element(std::string_view array, std::size_t index, std::string_view line_break) {
    item_list list(array, elements_of_array(array, whole(array)), line_break);
    list.remove(index);
    return list.write();
}

}  // namespace opd
