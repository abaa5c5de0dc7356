#include "probes/report.hpp"

#include <algorithm>
#include <array>

using std::chrono::milliseconds;

namespace opd {
namespace {

constexpr milliseconds shortest{10};
constexpr milliseconds quickest_retry{250};
constexpr milliseconds longest_pause = std::chrono::minutes(2);
constexpr unsigned most_doublings = 16;

bool may_mend_soon(probe_status status) {
    using enum probe_status;
    return status != auth_failed && status != forbidden && status != no_listing && status != rate_limited;
}

milliseconds pause_after_failure(milliseconds interval, const probe_history& history) {
    const milliseconds quick = std::min(interval, std::max(interval / 4, quickest_retry));
    const milliseconds first = may_mend_soon(history.last) ? quick : interval;
    const milliseconds cap = std::min(interval * 4, std::max(interval, longest_pause));
    const unsigned doublings = std::min(history.failures - 1, most_doublings);
    return std::min(cap, first * (1U << doublings));
}

}  // namespace

std::string_view to_string(probe_status status) {
    constexpr std::array<std::string_view, 17> names{
        "ok",           "pending",   "key_missing", "key_withheld",  "auth_failed", "forbidden",
        "rate_limited", "starting",  "no_listing",  "bad_response",  "http_error",  "timeout",
        "refused",      "dns_error", "tls_error",   "network_error", "disabled"};
    static_assert(names.size() == static_cast<std::size_t>(probe_status::disabled) + 1);
    return names.at(static_cast<std::size_t>(status));
}

milliseconds next_delay(milliseconds interval, const probe_history& history, double random) {
    const milliseconds plain = history.failures == 0 ? interval : pause_after_failure(interval, history);
    auto delay = std::chrono::duration_cast<milliseconds>(plain * (0.9 + 0.2 * random));
    if (history.retry_after && delay < *history.retry_after) {
        // Only later: what the server asked for is the least.
        delay = *history.retry_after + std::chrono::duration_cast<milliseconds>(*history.retry_after * (0.1 * random));
    }
    return std::max(delay, shortest);
}

bool is_settled(probe_status status) { return status == probe_status::key_missing || status == probe_status::disabled; }

}  // namespace opd
