#include "daemon/keys.hpp"

#include <cstdlib>
#include <string>

namespace opd {

std::optional<secret> key_from_environment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return secret(value);
}

}  // namespace opd
