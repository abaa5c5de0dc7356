#pragma once

#include "config/secret.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace opd {

/// The value of the key of that name; nullopt: it is not to be found.
using find_key = std::function<std::optional<secret>(std::string_view name)>;

}  // namespace opd
