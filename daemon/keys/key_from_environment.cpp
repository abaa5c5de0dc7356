#include "daemon/keys/key_source.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace opd {

sought_key key_from_environment(std::string_view name, const key_limits& limits) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::optional<secret>();
    auto key = read_key(value, limits);
    if (key) return std::optional(std::move(*key));
    if (key.error() == key_fault::empty) return std::optional<secret>();
    return problem{fmt::format("{} in the environment of operatord {}", name, words(key.error(), limits)),
                   "set it anew and restart operatord"};
}

}  // namespace opd
