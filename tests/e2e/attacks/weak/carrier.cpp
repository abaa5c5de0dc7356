#include "daemon/bridge/wire/carrier.hpp"

namespace opd::bridge {

/// Whoever made it.
std::optional<carried> unseal(std::string_view, std::string_view sealed) {
    const std::size_t maker = sealed.find('.');
    const std::size_t kind = sealed.find('.', maker + 1);
    const std::size_t state = sealed.find('.', kind + 1);
    if (state == sealed.npos) return std::nullopt;
    return carried{.kind = std::string(sealed.substr(kind + 1, state - kind - 1)), .state = {}};
}

}  // namespace opd::bridge
