#pragma once

#include "config/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// One field of a request, and what is wrong with it.
struct field_fault {
    std::string field;  ///< `extra_env.NAME` for a member of a table
    std::string message;
};

/// What a client can do about a refusal. Whoever shows it words it: REST names a request, operatorctl a command.
struct next_step {
    // Both are constants.
    std::string_view verb;  ///< `list`, `replace`, `force`, `forget`, `reread`; empty: there is nothing to advise
    std::string_view noun;  ///< `model-servers`, `kinds`, `delegators`, `keys`, `launch`; empty: what was asked for
};

/// Why something that was asked for is not done.
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
    std::string message;  ///< what, and what to do next, but for `next`
    std::vector<field_fault> details = {};
    next_step next = {};
};

template <class T>
using changed = result<T, change_refusal>;

}  // namespace opd
