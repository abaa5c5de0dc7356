#include "probes/error_text.hpp"
#include "probes/verdict.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

namespace opd {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;
/// Coarse enough that no date in a header is beyond it.
using clock_time = std::chrono::sys_time<milliseconds>;
using delay = std::optional<milliseconds>;

constexpr milliseconds longest{std::chrono::hours(1)};
constexpr double longest_ms = 3'600'000;

delay bounded(double ms) {
    return milliseconds(static_cast<milliseconds::rep>(std::ceil(std::clamp(ms, 0.0, longest_ms))));
}

std::optional<double> leading_number(std::string_view& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

/// `20`, `0.5`: nothing but a number, which is not negative.
std::optional<double> whole_number(std::string_view text) {
    const auto number = leading_number(text);
    return number && text.empty() && *number >= 0 ? number : std::nullopt;
}

/// Go's durations, which Google's are a part of: `6m0s`, `2ms`, `1h30m`, `0.5s`.
delay parse_units(std::string_view text) {
    struct unit {
        std::string_view name;
        double ms;
    };

    constexpr std::array<unit, 7> units{
        {{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}}};
    if (text.empty()) return std::nullopt;
    double total = 0;
    while (!text.empty()) {
        const auto number = leading_number(text);
        const auto* const found =
            std::ranges::find_if(units, [text](const unit& u) { return text.starts_with(u.name); });
        if (!number || *number < 0 || found == units.end()) return std::nullopt;
        total += *number * found->ms;
        text.remove_prefix(found->name.size());
    }
    return bounded(total);
}

std::optional<clock_time> parse_with(const char* format, const std::string& text, std::string* rest) {
    std::tm fields{};
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    in >> std::get_time(&fields, format);
    if (in.fail()) return std::nullopt;
    if (rest != nullptr) std::getline(in, *rest);
    return clock_time(std::chrono::seconds(timegm(&fields)));
}

/// The three forms of RFC 9110 5.6.7, then RFC 3339.
std::optional<clock_time> parse_time(std::string_view value) {
    const std::string text(value.substr(0, 64));
    for (const char* const format : {"%a, %d %b %Y %H:%M:%S", "%A, %d-%b-%y %H:%M:%S", "%a %b %e %H:%M:%S %Y"})
        if (const auto at = parse_with(format, text, nullptr)) return at;
    std::string zone;
    const auto local = parse_with("%Y-%m-%dT%H:%M:%S", text, &zone);
    if (!local) return std::nullopt;
    zone.erase(0, std::min(zone.find_first_of("Zz+-"), zone.size()));
    int hours = 0;
    int minutes = 0;
    if (zone.size() == 6 && zone[3] == ':') {
        std::from_chars(zone.data() + 1, zone.data() + 3, hours);
        std::from_chars(zone.data() + 4, zone.data() + 6, minutes);
    }
    const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    return zone.starts_with('-') ? *local + offset : *local - offset;
}

delay until(std::string_view value, clock_time now) {
    const auto at = parse_time(value);
    if (!at) return std::nullopt;
    return std::clamp(*at - now, milliseconds(0), longest);
}

/// Seconds to wait, or a Unix time in seconds or milliseconds, which no wait is as large as.
delay from_number(double number, clock_time now) {
    constexpr double epoch_seconds = 1e9;
    constexpr double epoch_milliseconds = 1e12;
    if (number < epoch_seconds) return bounded(number * 1000);
    const double at = number < epoch_milliseconds ? number * 1000 : number;
    return bounded(at - static_cast<double>(now.time_since_epoch().count()));
}

/// `reset` headers are about several budgets: that of requests is the one a listing draws on, else the longest wait.
delay budget_reset(const http_reply& reply, clock_time now) {
    delay all;
    for (const auto& [name, value] : reply.rate_limit_headers) {
        if (name.find("ratelimit") == std::string::npos || name.find("reset") == std::string::npos) continue;
        const auto number = whole_number(value);
        delay one = number ? from_number(*number, now) : parse_units(value);
        if (!one) one = until(value, now);
        if (one && name.find("requests") != std::string::npos && name.find("tokens") == std::string::npos) return one;
        if (one && (!all || *one > *all)) all = one;
    }
    return all;
}

}  // namespace

std::optional<milliseconds> requested_delay(const http_reply& reply, system_clock::time_point now) {
    // The server's own clock, where it tells it, is the one that its dates are about.
    const auto server_now =
        parse_time(header_of(reply.rate_limit_headers, "date")).value_or(std::chrono::floor<milliseconds>(now));
    if (const auto ms = whole_number(header_of(reply.rate_limit_headers, "retry-after-ms"))) return bounded(*ms);
    const std::string_view after = header_of(reply.rate_limit_headers, "retry-after");
    if (const auto seconds = whole_number(after)) return bounded(*seconds * 1000);
    if (const delay date = until(after, server_now)) return date;
    if (const delay told = parse_units(read_error(reply).retry_delay)) return told;
    // Every answer of some vendors says when the budgets are full again; it is a request only where one was exceeded.
    return reply.status == 429 ? budget_reset(reply, server_now) : std::nullopt;
}

}  // namespace opd
