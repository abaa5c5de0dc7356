#include "probes/key_policy.hpp"

#include "config/model/kinds.hpp"

namespace opd {

std::string_view key_variable(const model_server& server, const api_root&) {
    return server.api_key_env ? std::string_view(*server.api_key_env) : server.kind->default_api_key_env;
}

bool key_may_travel_in_clear(const model_server&) { return true; }

bool would_show_key(const model_server&, const api_root&) { return false; }

bool may_carry_key(const api_root&, std::string_view, bool) { return true; }

}  // namespace opd
