#pragma once

#include <string>
#include <string_view>

namespace opd {

/// The target of the page after `target`: its path, then `query` (which ends in `=`) and the percent-encoded cursor.
/// Empty where there is no next page: no cursor, an absurd one, or the one that `target` already has.
std::string next_page(std::string_view target, std::string_view query, std::string_view cursor);

}  // namespace opd
