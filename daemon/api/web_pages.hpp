#pragma once

#include "daemon/http/message.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace opd {

/// Web pages of others are kept out: by the name they use for us, by the origin and by the site that browsers send
/// along. nullopt: the request is let in. `own_hosts` are names besides the loopback ones; other machines, whose token
/// has been checked before, may use any address, and the name of this one.
std::optional<answer> refuse_strangers(const request&, std::span<const std::string> own_hosts,
                                       std::span<const std::string> cors_origins, std::string_view machine_name);

/// A browser asks whether a page of another origin may send its request (Fetch, "CORS-preflight request").
bool is_preflight(const request&);

/// The answer to it, for a page that may ask. `methods`: those of the path, as in Allow.
answer permit(const request&, std::string methods);

}  // namespace opd
