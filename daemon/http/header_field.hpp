#pragma once

#include <string_view>

namespace opd {

/// A line of a request's head. The views are into the bytes of the head.
struct header_field {
    std::string_view name;   ///< as sent; upper and lower case mean the same
    std::string_view value;  ///< without the spaces around it
};

}  // namespace opd
