#pragma once

#include "config/config.hpp"
#include "config/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// One field of a request, and what is wrong with it.
struct field_fault {
    std::string field;  ///< `extra_env.NAME` for a member of a table
    std::string message;
};

/// Why the configuration was not changed.
struct change_refusal {
    enum class reason : std::uint8_t {
        invalid,       ///< a field is wrong: `details` name it
        not_found,     ///< there is nothing of that name
        conflict,      ///< the name is taken, protected or in use; or the file on disk is broken
        precondition,  ///< it is not what the client has seen last
        too_large,     ///< the file would become larger than max_config_bytes
        cannot_write,  ///< the file could not be written; nothing has changed
        shutting_down,
    };
    reason why = reason::conflict;
    std::string message;  ///< what, and what to do next
    std::vector<field_fault> details;
};

template <class T>
using changed = result<T, change_refusal>;

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
