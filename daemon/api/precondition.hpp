#pragma once

#include "config/refusal.hpp"
#include "config/result.hpp"
#include "daemon/config_snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// What If-Match asks for (RFC 9110 13.1.1).
struct precondition {
    bool any = true;                ///< no such header, or `*`
    std::vector<std::string> tags;  ///< with their quotes; weak ones, that never match, are left out
};

result<precondition> parse_if_match(std::optional<std::string_view> header);

/// Refuses to change what has another tag. What is yet to be made has an empty one, and fits `*` alone; what is not
/// there (nullopt) is left to the change to refuse.
changed<void> check_precondition(const precondition&, const std::optional<std::string>& tag);

// The tags of configured things: they change with what is configured, not with what probes find. `instance` is the
// daemon's. nullopt: there is no such thing.

std::string config_tag(std::string_view instance, std::uint64_t revision);
std::optional<std::string> server_tag(std::string_view instance, const config_revisions&, std::string_view name);
std::optional<std::string> delegator_tag(std::string_view instance, const config_revisions&, std::string_view name);

}  // namespace opd
