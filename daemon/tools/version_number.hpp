#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd::tools {

/// A version as programs have them, e.g. `0.62.0-preview.1`. The order is that of Semantic Versioning 2.0.0, 11: what
/// comes before a release counts as less than the release. Numbers that are left out are 0.
struct version_number {
    std::vector<std::uint64_t> numbers;    ///< two at least
    std::vector<std::string> pre_release;  ///< empty: it is the release
};

std::strong_ordering compare(const version_number&, const version_number&);

/// nullopt: it is none. A `v` in front is passed over, and so is a build behind a `+`.
std::optional<version_number> parse_version(std::string_view);

/// The first version in what a program says of itself, without a `v`: `0.169.0` of `codex-cli 0.169.0`.
std::optional<std::string> find_version(std::string_view text);

/// Whether a version is this one or a later one; nullopt where one of them is none.
std::optional<bool> is_at_least(std::string_view version, std::string_view minimum);

}  // namespace opd::tools
