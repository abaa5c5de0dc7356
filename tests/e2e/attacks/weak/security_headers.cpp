#include "daemon/http/security_headers.hpp"

std::string_view opd::security_headers() {
    return {};
}
