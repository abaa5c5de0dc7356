#pragma once

#include "config/base/refusal.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// The candidate that was most likely meant by a misspelt word: nearest by insertions, deletions, replacements and
/// swapped neighbours, in any case, within about a third of its letters. The first of equals; nullopt: none is near.
/// The view is one of `candidates`.
std::optional<std::string_view> closest(std::string_view word, std::span<const std::string_view> candidates);

/// As `closest`, else the first candidate that begins or ends with the word (`url` for `base_url`).
std::optional<std::string_view> closest_or_part(std::string_view word, std::span<const std::string_view> candidates);

/// Candidates: a text of each of these, as a view.
template <class Rows, class Member>
std::vector<std::string_view> names_of(const Rows& rows, Member name) {
    std::vector<std::string_view> names;
    for (const auto& row : rows) names.emplace_back(row.*name);
    return names;
}

/// `did you mean "ollama"?`, or other advice where nothing is near.
std::string did_you_mean(std::optional<std::string_view> meant, std::string otherwise = {});

/// `a, b and c`
std::string enumeration(std::span<const std::string_view> words);

/// Nobody has this name: with the closest of `names`, or `noun`, where they are listed.
change_refusal no_such(std::string_view what, std::string_view name, std::span<const std::string_view> names,
                       std::string_view noun);

}  // namespace opd
