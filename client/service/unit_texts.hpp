#pragma once

#include <string_view>

namespace opd {

// systemd/operatord.service and systemd/operatord.socket, put in when operatorctl is built (client/CMakeLists.txt).
extern const std::string_view service_unit_text;
extern const std::string_view socket_unit_text;

}  // namespace opd
