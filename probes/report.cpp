#include "probes/report.hpp"

#include <algorithm>

using std::chrono::milliseconds;

namespace opd {
namespace {

constexpr milliseconds shortest{10};
constexpr milliseconds quickest_retry{250};
constexpr milliseconds longest_pause = std::chrono::minutes(2);
constexpr unsigned most_doublings = 16;

bool may_mend_soon(probe_status status) {
    switch (status) {
        case probe_status::auth_failed:
        case probe_status::forbidden:
        case probe_status::no_listing:
        case probe_status::rate_limited: return false;
        default: return true;
    }
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
    switch (status) {
        case probe_status::ok: return "ok";
        case probe_status::pending: return "pending";
        case probe_status::key_missing: return "key_missing";
        case probe_status::key_withheld: return "key_withheld";
        case probe_status::auth_failed: return "auth_failed";
        case probe_status::forbidden: return "forbidden";
        case probe_status::rate_limited: return "rate_limited";
        case probe_status::starting: return "starting";
        case probe_status::no_listing: return "no_listing";
        case probe_status::bad_response: return "bad_response";
        case probe_status::http_error: return "http_error";
        case probe_status::timeout: return "timeout";
        case probe_status::refused: return "refused";
        case probe_status::dns_error: return "dns_error";
        case probe_status::tls_error: return "tls_error";
        case probe_status::network_error: return "network_error";
        case probe_status::disabled: return "disabled";
    }
    return "";
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
