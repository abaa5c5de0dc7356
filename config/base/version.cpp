#include "config/base/version.hpp"

namespace opd {

std::string_view version() { return OPD_VERSION; }

}  // namespace opd
