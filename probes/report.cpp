#include "probes/report.hpp"

namespace opd {

std::string_view to_string(probe_status status) {
    switch (status) {
        case probe_status::ok:
            return "ok";
        case probe_status::pending:
            return "pending";
        case probe_status::key_missing:
            return "key_missing";
        case probe_status::key_withheld:
            return "key_withheld";
        case probe_status::auth_failed:
            return "auth_failed";
        case probe_status::forbidden:
            return "forbidden";
        case probe_status::rate_limited:
            return "rate_limited";
        case probe_status::starting:
            return "starting";
        case probe_status::no_listing:
            return "no_listing";
        case probe_status::bad_response:
            return "bad_response";
        case probe_status::http_error:
            return "http_error";
        case probe_status::timeout:
            return "timeout";
        case probe_status::refused:
            return "refused";
        case probe_status::dns_error:
            return "dns_error";
        case probe_status::tls_error:
            return "tls_error";
        case probe_status::network_error:
            return "network_error";
        case probe_status::disabled:
            return "disabled";
    }
    return "";
}

}  // namespace opd
