#include "daemon/keys/key_text.hpp"

#include <fmt/format.h>

namespace opd {

std::string words(key_fault what, const key_limits& limits) {
    switch (what) {
        case key_fault::empty:
            return "is empty";
        case key_fault::too_long:
            return fmt::format("has more than {} bytes", limits.key_bytes);
        case key_fault::control:
            return "holds a control character, which no HTTP header can";
    }
    return {};
}

}  // namespace opd
