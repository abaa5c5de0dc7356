#include "config/ascii.hpp"
#include "daemon/http/guard.hpp"

namespace opd {

bool is_json_type(std::string_view content_type) {
    if (!same_in_any_case(trimmed(next_part(content_type, ';')), "application/json")) return false;
    while (!content_type.empty()) {
        std::string_view value = next_part(content_type, ';');
        if (!same_in_any_case(trimmed(next_part(value, '=')), "charset")) continue;
        value = trimmed(value);
        if (!same_in_any_case(value, "utf-8") && !same_in_any_case(value, "\"utf-8\"")) return false;
    }
    return true;
}

}  // namespace opd
