#pragma once

#include <string>
#include <string_view>

namespace opd {

/// A message as the log may show it: without what could harm a terminal or mislead a reader, and with its further lines
/// indented, so that none of them is taken for a message of its own.
std::string log_text(std::string_view message);

}  // namespace opd
