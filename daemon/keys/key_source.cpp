#include "daemon/keys/key_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace opd::keys {

result<secret, key_fault> read_key(std::string_view key, const key_limits& limits) {
    constexpr std::string_view blanks = " \t\r\n";
    key.remove_prefix(std::min(key.find_first_not_of(blanks), key.size()));
    key.remove_suffix(key.size() - (key.find_last_not_of(blanks) + 1));
    if (key.empty()) return key_fault::empty;
    if (key.size() > limits.key_bytes) return key_fault::too_long;
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(key, is_control)) return key_fault::control;
    return secret(key);
}

std::string words(key_fault what, const key_limits& limits) {
    switch (what) {
        case key_fault::empty: return "is empty";
        case key_fault::too_long: return fmt::format("has more than {} bytes", limits.key_bytes);
        case key_fault::control: return "holds a control character, which no HTTP header can";
    }
    return {};
}

std::string_view to_string(key_source source) {
    switch (source) {
        case key_source::pushed: return "pushed";
        case key_source::credentials: return "credentials";
        case key_source::keys_file: return "keys.env";
        case key_source::environment: return "environment";
    }
    return {};
}

sought_key key_from_environment(std::string_view name, const key_limits& limits) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::optional<secret>();
    auto key = read_key(value, limits);
    if (key) return std::optional(std::move(*key));
    if (key.error() == key_fault::empty) return std::optional<secret>();
    return problem{fmt::format("{} in the environment of operatord {}", name, words(key.error(), limits)),
                   "set it anew and restart operatord"};
}

}  // namespace opd::keys
