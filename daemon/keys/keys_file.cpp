#include "daemon/keys/keys_file.hpp"

#include "daemon/keys/secret_file.hpp"

namespace opd {

result<keys_text> read_keys_file(const std::filesystem::path& file, uid_t user, const key_limits& limits) {
    const auto opened = read_secret_file(file, limits.file_bytes);
    if (!opened) return opened.error();
    if (!*opened) return keys_text();
    if (const auto closed = check_private(file, (*opened)->facts, user); !closed) return closed.error();
    return parse_keys((*opened)->text.reveal(), limits);
}

}  // namespace opd
