#pragma once

#include "probes/http/message.hpp"

#include <string>
#include <vector>

namespace opd {

/// What the body of an error says, in any of the shapes that model servers use. Nothing is redacted yet.
struct error_words {
    std::string message;  ///< for people; of a web page its title, of a plain text its first line; may be empty
    std::vector<std::string> codes;  ///< the machine's words, as sent: `code`, `type`, `status`, `reason`
    std::string retry_delay;         ///< google.rpc.RetryInfo's, such as `5s`; empty: none
};

/// Takes any bytes; a compressed body says nothing, nor does JSON of more than 256 KiB.
error_words read_error(const http_reply&);

}  // namespace opd
