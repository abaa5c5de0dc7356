#include "daemon/http/single_headers.hpp"

#include "config/ascii.hpp"

#include <algorithm>
#include <array>

namespace opd {
namespace {

// If-Match and If-None-Match are lists, and could be in several lines (RFC 9110 5.3); nobody sends them so.
constexpr std::array<std::string_view, 10> single_headers{"Host",
                                                          "Origin",
                                                          "Sec-Fetch-Site",
                                                          "Access-Control-Request-Method",
                                                          "Access-Control-Request-Private-Network",
                                                          "Authorization",
                                                          "Content-Type",
                                                          "If-Match",
                                                          "If-None-Match",
                                                          "Expect"};

}  // namespace

std::string_view find_repeated_header(std::span<const header_field> headers) {
    std::array<bool, single_headers.size()> seen{};
    for (const header_field& one : headers) {
        const auto* const found = std::ranges::find_if(
            single_headers, [&](std::string_view name) { return same_in_any_case(name, one.name); });
        if (found == single_headers.end()) continue;
        bool& before = seen[static_cast<std::size_t>(found - single_headers.begin())];
        if (before) return *found;
        before = true;
    }
    return {};
}

}  // namespace opd
