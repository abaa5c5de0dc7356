#include "config/names.hpp"
#include "daemon/keys/key_source.hpp"
#include "daemon/keys/secret_file.hpp"

#include <fmt/format.h>

namespace opd {

sought_key key_from_credentials(const std::filesystem::path& folder, std::string_view name, const key_limits& limits) {
    // A name is never a path.
    if (!is_env_name(name)) return std::optional<secret>();
    const auto file = read_secret_file(folder / name, limits.key_bytes);
    if (!file) return file.error();
    if (!*file) return std::optional<secret>();
    auto key = read_key((*file)->text.reveal(), limits);
    if (key) return std::optional(std::move(*key));
    if (key.error() == key_fault::empty) return std::optional<secret>();
    return problem{fmt::format("the credential {} {}", name, words(key.error(), limits)),
                   "load another one, and restart operatord"};
}

}  // namespace opd
