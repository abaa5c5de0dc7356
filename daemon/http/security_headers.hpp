#pragma once

#include <string_view>

namespace opd {

/// What every answer says to browsers: it is data, not a page (no scripts, no frames, no guessing at its type); it is
/// for pages of its own origin, and others only where it says so; and where it was asked from is nobody's business.
std::string_view security_headers();

}  // namespace opd
