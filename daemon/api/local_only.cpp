#include "daemon/api/local_only.hpp"

#include "daemon/api/call.hpp"

namespace opd {

std::optional<answer> refuse_unless_local(const request& asked) {
    if (asked.over_unix_socket) return std::nullopt;
    return failed(403, "forbidden", "keys are only spoken of over the unix socket; use: operatorctl keys");
}

}  // namespace opd
