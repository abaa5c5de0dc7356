#include "probes/key_policy.hpp"

namespace opd {

std::string_view key_variable(const model_server& server, const api_root& root) {
    if (server.api_key_env) return *server.api_key_env;
    return is_vendor_host(*server.kind, root) ? server.kind->default_api_key_env : std::string_view();
}

bool key_may_travel_in_clear(const model_server& server) {
    return server.allow_plaintext_key && server.api_key_env;
}

bool would_show_key(const model_server& server, const api_root& root) {
    return !may_carry_key(root, root.host, key_may_travel_in_clear(server));
}

bool may_carry_key(const api_root& root, std::string_view address, bool in_clear) {
    return root.tls || in_clear || scope_of(address) != network_scope::internet;
}

}  // namespace opd
