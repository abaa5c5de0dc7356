#pragma once

#include "config/base/secret.hpp"
#include "daemon/wire/message.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace opd::api {

/// Whether an Authorization header carries this token (RFC 6750 2.1). The time it takes says nothing about how much of
/// it is right. An empty token is carried by nobody.
bool carries_token(std::string_view authorization, const secret& token);

/// A request from another machine must carry the token; nullopt: it is let in. A browser's question before a request
/// cannot (Fetch, "CORS-preflight request"), and its answer gives nothing away. `token` is null where there is none:
/// then nobody on another machine is let in.
std::optional<wire::answer> refuse_without_token(const wire::request&, const secret* token);

/// Keys are spoken of over the unix socket alone. nullopt: the request came that way.
std::optional<wire::answer> refuse_unless_local(const wire::request&);

/// Web pages of others are kept out: by the name they use for us, by the origin and by the site that browsers send
/// along. nullopt: the request is let in. `own_hosts` are names besides the loopback ones; other machines, whose token
/// has been checked before, may use any address, and the name of this one.
std::optional<wire::answer> refuse_strangers(const wire::request&, std::span<const std::string> own_hosts,
                                             std::span<const std::string> cors_origins, std::string_view machine_name);

/// A browser asks whether a page of another origin may send its request (Fetch, "CORS-preflight request").
bool is_preflight(const wire::request&);

/// The answer to it, for a page that may ask. `methods`: those of the path, as in Allow.
wire::answer permit(const wire::request&, std::string methods);

}  // namespace opd::api
