#include "daemon/http/admission.hpp"

#include <algorithm>

namespace opd {
namespace {

template <class Predicate>
std::optional<std::size_t> longest_waiting_of(std::span<const held_connection> held, Predicate counts) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i != held.size(); ++i) {
        if (!held[i].waiting_since || !counts(held[i])) continue;
        if (!found || *held[i].waiting_since < *held[*found].waiting_since) found = i;
    }
    return found;
}

}  // namespace

std::optional<std::size_t> longest_waiting(std::span<const held_connection> held) {
    return longest_waiting_of(held, [](const held_connection&) { return true; });
}

admission admit(std::span<const held_connection> held, std::optional<uid_t> user, const connection_limits& limits) {
    const auto is_same = [user](const held_connection& one) { return one.user == user; };
    const auto same = static_cast<std::size_t>(std::ranges::count_if(held, is_same));
    std::optional<std::size_t> leaves;
    if (same >= (user ? limits.of_one_user : limits.of_elsewhere))
        leaves = longest_waiting_of(held, is_same);
    else if (held.size() >= limits.total)
        leaves = longest_waiting(held);
    else
        return {.granted = true, .instead_of = std::nullopt};
    return {.granted = leaves.has_value(), .instead_of = leaves};
}

}  // namespace opd
