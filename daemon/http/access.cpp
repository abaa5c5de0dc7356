#include "daemon/http/access.hpp"

#include <fmt/format.h>

namespace opd {

access access_of(const peer& who, uid_t own) {
    constexpr uid_t root = 0;
    if (who.from_elsewhere) return access::with_token;
    return who.uid && (*who.uid == own || *who.uid == root) ? access::granted : access::refused;
}

std::string refusal_of(const peer& who) {
    constexpr std::string_view rule = "operatord serves only processes of the user who started it";
    if (!who.uid) return fmt::format("{}, and it cannot be told whose process is asking; ask as that user", rule);
    return fmt::format("{}, and a process of another user (uid {}) is asking; that user can run one of their own", rule,
                       *who.uid);
}

}  // namespace opd
