#include "daemon/wire/shown_value.hpp"

#include "config/config_change.hpp"

namespace opd::wire {

std::string_view shown_value(std::string_view value, bool reveal) { return reveal ? value : masked_value; }

}  // namespace opd::wire
