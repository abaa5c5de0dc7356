#pragma once

#include "config/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace opd {

/// Reads a length of time as the configuration writes it: digits and one unit of `ms`, `s`, `m`, `h`, `d`, as in `30s`.
/// Zero, fractions, signs, spaces and what does not fit into milliseconds are refused.
result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Every interval and timeout lies within these.
inline constexpr std::chrono::milliseconds shortest_pace{10};
inline constexpr std::chrono::milliseconds longest_pace = std::chrono::days(7);

/// Reads an interval or a timeout; `field` names it in the message.
result<std::chrono::milliseconds> parse_pace(std::string_view field, std::string_view text);

/// The shortest way to write a length of time in one unit: `1500ms`, `30s`, `5m`. Reads back as the same.
std::string format_duration(std::chrono::milliseconds);

}  // namespace opd
