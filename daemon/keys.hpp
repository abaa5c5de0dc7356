#pragma once

#include "config/secret.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace opd {

/// Where the NAME of a key finds its value. nullopt: not set, or set to nothing.
using find_key = std::function<std::optional<secret>(std::string_view name)>;

/// The process's own environment. Blanks around a key are dropped; one with control characters inside cannot be sent as
/// a header, and counts as not set.
std::optional<secret> key_from_environment(std::string_view name);

}  // namespace opd
