#pragma once

#include "config/model/base_url.hpp"
#include "config/model/model_server.hpp"
#include "probes/report.hpp"

#include <optional>
#include <string_view>

namespace opd {

// Where a key may go. Pure, and asked by probing and launching alike.

/// Which variable's key belongs to a server: the one it names in `api_key_env`; else the default one of its kind, but
/// only at the vendor's own host, so that a vendor's key never goes to anyone else. Empty: none. Lives as long as the
/// server.
std::string_view key_variable(const model_server&, const api_root&);

/// The server's key may cross the internet in clear: `allow_plaintext_key`, for a key that the server names. A vendor's
/// default key never does.
bool key_may_travel_in_clear(const model_server&);

/// A key for this server would cross the internet in clear, and nobody has allowed that. Judged by the spelling of the
/// host.
bool would_show_key(const model_server&, const api_root&);

/// A connection to this address, which is what a name has really led to, may carry a key: over TLS anywhere (the
/// certificate proves the name), in clear to loopback and private networks alone, unless `in_clear`.
bool may_carry_key(const api_root&, std::string_view address, bool in_clear);

/// Whether a server may be probed at all, before any packet: nullopt is yes, else a report of `disabled`, `key_missing`
/// or `key_withheld`. Plain http is judged by the spelling of the host; the transport checks the address that a name
/// near by resolves to. `key_is_set`: the variable of key_variable() has a value.
std::optional<report> refuse_probe(const model_server&, const api_root&, bool key_is_set);

}  // namespace opd
