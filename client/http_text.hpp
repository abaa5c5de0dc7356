#pragma once

#include "client/connection.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace opd {

// HTTP/1.0, as far as it takes to ask operatord: one request for each connection, answers with a length or up to the
// end of the connection. (HTTP/1.1 would have to read chunks, which operatord does not send.)

/// The whole request; `host` is the Host header. An empty token is not sent.
std::string request_text(const daemon_request&, std::string_view host, const secret& token = {});

/// The answer, once all of it has been received; nullopt: more is to come. `ended`: nothing more will.
std::optional<daemon_reply> read_reply(std::string_view received, bool ended);

}  // namespace opd
