#include "daemon/http/security_headers.hpp"

namespace opd {

std::string_view security_headers() {
    return "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
           "X-Content-Type-Options: nosniff\r\n"
           "X-Frame-Options: DENY\r\n"
           "Referrer-Policy: no-referrer\r\n"
           "Cross-Origin-Resource-Policy: same-origin\r\n"
           "Vary: Origin\r\n";
}

}  // namespace opd
