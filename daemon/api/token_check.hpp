#pragma once

#include "config/secret.hpp"
#include "daemon/http/message.hpp"

#include <optional>

namespace opd {

/// A request from another machine must carry the token; nullopt: it is let in. A browser's question before a request
/// cannot (Fetch, "CORS-preflight request"), and its answer gives nothing away. `token` is null where there is none:
/// then nobody on another machine is let in.
std::optional<answer> refuse_without_token(const request&, const secret* token);

/// Keys are spoken of over the unix socket alone. nullopt: the request came that way.
std::optional<answer> refuse_unless_local(const request&);

}  // namespace opd
