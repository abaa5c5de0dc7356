#pragma once

#include <string_view>

namespace opd::wire {

/// A value of extra_env that may be a secret, as it is shown: itself, or `***` where it is not to be revealed.
std::string_view shown_value(std::string_view value, bool reveal);

}  // namespace opd::wire
