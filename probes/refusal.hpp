#pragma once

#include "config/base_url.hpp"
#include "config/model_server.hpp"
#include "probes/report.hpp"

#include <optional>

namespace opd {

/// Whether a server may be probed at all, before any packet: nullopt is yes, else a report of `disabled`, `key_missing`
/// or `key_withheld`. Plain http is judged by the spelling of the host; the transport checks the address that a name
/// near by resolves to. `key_is_set`: the variable of key_variable() has a value.
std::optional<report> refuse_probe(const model_server&, const api_root&, bool key_is_set);

}  // namespace opd
