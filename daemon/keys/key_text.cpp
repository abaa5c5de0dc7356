#include "daemon/keys/key_text.hpp"

#include <algorithm>

namespace opd {

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

}  // namespace opd
