#include "probes/key_policy.hpp"

#include "probes/verdict.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

report key_missing(const model_server& server, const api_root& root, std::string_view variable) {
    std::string source;
    if (is_vendor_host(*server.kind, root)) source = fmt::format("; keys are made at {}", server.kind->setup_url);
    return failed(probe_status::key_missing,
                  fmt::format("{}, which holds the key of model server \"{}\", is not set", variable, server.name),
                  fmt::format("hand it over with: operatorctl keys push {}, or write it to ~/.config/operator/keys.env "
                              "(mode 0600){}",
                              variable, source));
}

}  // namespace

std::string_view key_variable(const model_server& server, const api_root& root) {
    if (server.api_key_env) return *server.api_key_env;
    return is_vendor_host(*server.kind, root) ? server.kind->default_api_key_env : std::string_view();
}

bool key_may_travel_in_clear(const model_server& server) { return server.allow_plaintext_key && server.api_key_env; }

bool would_show_key(const model_server& server, const api_root& root) {
    return !may_carry_key(root, root.host, key_may_travel_in_clear(server));
}

bool may_carry_key(const api_root& root, std::string_view address, bool in_clear) {
    return root.tls || in_clear || scope_of(address) != network_scope::internet;
}

std::optional<report> refuse_probe(const model_server& server, const api_root& root, bool key_is_set) {
    if (server.probe == probe_mode::never)
        return failed(probe_status::disabled,
                      fmt::format("model server \"{}\" is not probed: its probe is \"never\"", server.name),
                      "set probe = \"auto\" or \"lazy\" in operator.toml to list its models");
    const std::string_view variable = key_variable(server, root);
    if (variable.empty()) return std::nullopt;
    if (!key_is_set && server.kind->key_optional()) return std::nullopt;
    if (!key_is_set) return key_missing(server, root, variable);
    if (would_show_key(server, root)) return key_withheld(server, root, variable);
    return std::nullopt;
}

}  // namespace opd
