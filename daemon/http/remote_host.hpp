#pragma once

#include <string_view>

namespace opd {

/// Whether a Host header may be this machine's as other machines ask for it: a literal address, or the machine's own
/// name, with or without a domain, and with any port. It may well be an address or a port of a router in between, so
/// this is only for requests that carry the token, which no web page has.
bool may_be_this_machine(std::string_view host, std::string_view machine_name);

}  // namespace opd
