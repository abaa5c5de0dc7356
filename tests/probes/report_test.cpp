#include "probes/report.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace opd;

TEST_CASE("every status has its word of the contract") {
    constexpr std::array<std::string_view, 17> words{
        "ok",           "pending",   "key_missing", "key_withheld",  "auth_failed", "forbidden",
        "rate_limited", "starting",  "no_listing",  "bad_response",  "http_error",  "timeout",
        "refused",      "dns_error", "tls_error",   "network_error", "disabled"};
    for (std::size_t i = 0; i < words.size(); ++i) CHECK(to_string(static_cast<probe_status>(i)) == words[i]);
}
