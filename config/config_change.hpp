#pragma once

#include "config/base/refusal.hpp"
#include "config/config.hpp"

#include <span>
#include <string_view>

namespace opd {

// The changes that clients ask for, as pure functions from one configuration to the next. Fields have passed their own
// checks (names.hpp); these decide what depends on the rest of the configuration.

/// What a masked value of extra_env is answered as; written back, it stands for the stored value.
inline constexpr std::string_view masked_value = "***";

changed<config> with_new_server(const config&, model_server);
/// The fields that are to be `kept` are those of the stored server (names of the file).
changed<config> with_replaced_server(const config&, model_server, std::span<const std::string_view> kept);
/// A server that delegators name is only removed with `force`.
changed<config> without_server(const config&, std::string_view name, bool force);

changed<config> with_new_delegator(const config&, delegator);
changed<config> with_replaced_delegator(const config&, delegator);
changed<config> without_delegator(const config&, std::string_view name);

}  // namespace opd
