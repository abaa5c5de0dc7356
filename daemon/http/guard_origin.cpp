#include "config/ascii.hpp"
#include "daemon/http/guard.hpp"

#include <algorithm>

namespace opd {

bool is_allowed_origin(std::string_view origin, std::string_view own_host, std::span<const std::string> cors_origins) {
    if (std::ranges::find(cors_origins, origin) != cors_origins.end()) return true;
    return !own_host.empty() && lower_case(origin) == "http://" + lower_case(own_host);
}

}  // namespace opd
