#include "daemon/keys.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace opd {

std::optional<secret> key_from_environment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    std::string_view key(value);
    // `KEY=$(cat file)` and its kin leave blanks and line ends around a key.
    constexpr std::string_view blanks = " \t\r\n";
    key.remove_prefix(std::min(key.find_first_not_of(blanks), key.size()));
    key.remove_suffix(key.size() - (key.find_last_not_of(blanks) + 1));
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (key.empty() || std::ranges::any_of(key, is_control)) return std::nullopt;
    return secret(std::string(key));
}

}  // namespace opd
