#include "config/base/suggest.hpp"

#include "config/base/ascii.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace opd {
namespace {

constexpr std::size_t longest_word = 128;

char folded(char c) { return c == '-' ? '_' : lower_case(c); }

/// Optimal string alignment distance, in bytes.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = folded(a[i - 1]) == folded(b[j - 1]);
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            const bool swapped =
                i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
            if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, current);
    }
    return last[b.size()];
}

bool is_part(std::string_view word, std::string_view candidate) {
    if (word.size() < 3 || word.size() >= candidate.size()) return false;
    const auto same = [](char a, char b) { return folded(a) == folded(b); };
    const std::string_view head = candidate.substr(0, word.size());
    const std::string_view tail = candidate.substr(candidate.size() - word.size());
    return std::ranges::equal(word, head, same) || std::ranges::equal(word, tail, same);
}

}  // namespace

std::optional<std::string_view> closest(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.empty() || word.size() > longest_word) return std::nullopt;
    std::optional<std::string_view> best;
    std::size_t best_distance = 0;
    for (const std::string_view candidate : candidates) {
        if (candidate.size() > longest_word) continue;
        const std::size_t allowed = std::max<std::size_t>(std::min(word.size(), candidate.size()) / 3, 1);
        const std::size_t found = distance(word, candidate);
        if (found > allowed || (best && found >= best_distance)) continue;
        // Two short words that share no letter are not a slip of the finger.
        if (found >= candidate.size()) continue;
        best = candidate;
        best_distance = found;
    }
    return best;
}

std::optional<std::string_view> closest_or_part(std::string_view word, std::span<const std::string_view> candidates) {
    if (const auto near = closest(word, candidates)) return near;
    const auto part =
        std::ranges::find_if(candidates, [word](std::string_view candidate) { return is_part(word, candidate); });
    if (part == candidates.end()) return std::nullopt;
    return *part;
}

std::string did_you_mean(std::optional<std::string_view> meant, std::string otherwise) {
    return meant ? "did you mean " + in_quotes(*meant) + "?" : std::move(otherwise);
}

std::string enumeration(std::span<const std::string_view> words) {
    if (words.size() < 2) return fmt::format("{}", fmt::join(words, ""));
    return fmt::format("{} and {}", fmt::join(words.first(words.size() - 1), ", "), words.back());
}

change_refusal no_such(std::string_view what, std::string_view name, std::span<const std::string_view> names,
                       std::string_view noun) {
    change_refusal made{.why = change_refusal::reason::not_found,
                        .message = fmt::format("no {} is called {}", what, in_quotes(name))};
    if (const auto meant = closest_or_part(name, names))
        made.message += "; " + did_you_mean(meant);
    else
        made.next = {.verb = "list", .noun = noun};
    return made;
}

}  // namespace opd
