#include "config/base/duration.hpp"

#include "config/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

namespace opd {
namespace {

struct duration_unit {
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr std::array<duration_unit, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

problem refusal(std::string_view text, std::string_view why) {
    return {fmt::format("{} is not a length of time: {}", in_quotes(text), why),
            R"(write digits and one unit of ms, s, m, h, d, as in "500ms", "30s" or "5m")"};
}

}  // namespace

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
    if (digits.empty()) return refusal(text, "it does not start with a digit");
    const std::string_view name = text.substr(digits.size());
    const auto* unit = std::ranges::find(units, name, &duration_unit::name);
    if (unit == units.end()) return refusal(text, name.empty() ? "the unit is missing" : "the unit is unknown");

    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() / unit->milliseconds;
    if (error == std::errc::result_out_of_range || count > most) return refusal(text, "it is too long");
    if (count == 0) return refusal(text, "it is zero");
    return std::chrono::milliseconds(count * unit->milliseconds);
}

result<std::chrono::milliseconds> parse_pace(std::string_view field, std::string_view text) {
    const auto time = parse_duration(text);
    if (!time) return time.error().within(field);
    if (*time >= shortest_pace && *time <= longest_pace) return *time;
    return problem{fmt::format("{} is {}, which is out of range", field, in_quotes(text)),
                   fmt::format("write a time from \"{}\" to \"{}\"", format_duration(shortest_pace),
                               format_duration(longest_pace))};
}

std::string format_duration(std::chrono::milliseconds time) {
    const std::int64_t count = time.count();
    for (const duration_unit& unit : units)
        if (count != 0 && count % unit.milliseconds == 0)
            return fmt::format("{}{}", count / unit.milliseconds, unit.name);
    return fmt::format("{}ms", count);
}

}  // namespace opd
