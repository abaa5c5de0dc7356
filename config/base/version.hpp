#pragma once

#include <string_view>

namespace opd {

/// The version of operatord and operatorctl, from CMakeLists.txt.
std::string_view version();

}  // namespace opd
