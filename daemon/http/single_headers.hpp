#pragma once

#include "daemon/http/header_field.hpp"

#include <span>
#include <string_view>

namespace opd {

/// The first of the headers that decide something here, and is there twice: one of them would be believed, and another
/// program may believe the other. Empty: none is.
std::string_view find_repeated_header(std::span<const header_field>);

}  // namespace opd
