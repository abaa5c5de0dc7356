#pragma once

#include "config/diagnostic.hpp"
#include "config/source_text.hpp"

#include <string_view>

namespace opd {

/// One clear sentence out of what toml11 3.7 says about a syntax error: several lines with a title, the file, and each
/// place as `LINE | SOURCE` above a marker.
diagnostic explain_toml_fault(const source_text&, std::string_view said);

}  // namespace opd
