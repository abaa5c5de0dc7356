#include "probes/http/failure.hpp"

namespace opd {

std::string_view to_string(stage at) {
    switch (at) {
        case stage::resolve:
            return "name look-up";
        case stage::connect:
            return "connecting";
        case stage::tls:
            return "TLS handshake";
        case stage::send:
            return "sending the request";
        case stage::header:
            return "waiting for the answer";
        case stage::body:
            return "reading the answer";
    }
    return "";
}

}  // namespace opd
