#include "daemon/bridge/wire/think_tags.hpp"

#include <algorithm>
#include <utility>

namespace opd::bridge {
namespace {

constexpr std::string_view opening = "<think>";
constexpr std::string_view closing = "</think>";
constexpr std::string_view blanks = " \t\r\n";

/// How many bytes at the end may be the beginning of the tag.
std::size_t begun(std::string_view text, std::string_view tag) {
    for (std::size_t size = std::min(text.size(), tag.size() - 1); size != 0; --size)
        if (tag.starts_with(text.substr(text.size() - size))) return size;
    return 0;
}

}  // namespace

void think_tags::take(std::string_view text, deltas& out) {
    held_ += text;
    if (state_ == state::undecided) {
        const std::size_t at = std::min(held_.find_first_not_of(blanks), held_.size());
        const std::string_view words = std::string_view(held_).substr(at, opening.size());
        if (words.size() < opening.size() && opening.starts_with(words)) return;
        state_ = words == opening ? state::thinking : state::text;
        if (state_ == state::thinking) held_.erase(0, at + opening.size());
    }
    if (state_ == state::thinking) {
        const std::size_t end = held_.find(closing);
        const std::size_t whole = end == held_.npos ? held_.size() - begun(held_, closing) : end;
        if (whole != 0) out.emplace_back(delta_of::thought{held_.substr(0, whole)});
        held_.erase(0, end == held_.npos ? whole : end + closing.size());
        if (end == held_.npos) return;
        state_ = state::behind;
    }
    if (state_ == state::behind) {
        held_.erase(0, std::min(held_.find_first_not_of(blanks), held_.size()));
        if (held_.empty()) return;
        state_ = state::text;
    }
    if (!held_.empty()) out.emplace_back(delta_of::words{std::exchange(held_, {})});
}

void think_tags::end(deltas& out) {
    if (held_.empty() || state_ == state::behind) return;
    if (state_ == state::thinking)
        out.emplace_back(delta_of::thought{std::exchange(held_, {})});
    else
        out.emplace_back(delta_of::words{std::exchange(held_, {})});
}

}  // namespace opd::bridge
