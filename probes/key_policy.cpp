#include "probes/key_policy.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

report refusal(probe_status status, std::string error, std::string hint) {
    report refused;
    refused.status = status;
    refused.error = std::move(error);
    refused.hint = std::move(hint);
    return refused;
}

report key_missing(const model_server& server, const api_root& root, std::string_view variable) {
    const std::string source = is_vendor_host(*server.kind, root)
                                   ? fmt::format("; keys are made at {}", server.kind->setup_url)
                                   : std::string();
    return refusal(probe_status::key_missing,
                   fmt::format("{}, which holds the key of model server \"{}\", is not set", variable, server.name),
                   fmt::format("set {} in the environment of operatord and restart it{}", variable, source));
}

}  // namespace

std::string_view key_variable(const model_server& server, const api_root& root) {
    if (server.api_key_env) return *server.api_key_env;
    return is_vendor_host(*server.kind, root) ? server.kind->default_api_key_env : std::string_view();
}

bool would_show_key(const model_server& server, const api_root& root) {
    return !root.tls && !server.allow_plaintext_key && scope_of(root.host) == network_scope::internet;
}

std::optional<report> refuse_probe(const model_server& server, const api_root& root, bool key_is_set) {
    if (server.probe == probe_mode::never) {
        return refusal(probe_status::disabled,
                       fmt::format("model server \"{}\" is not probed: its probe is \"never\"", server.name),
                       "set probe = \"auto\" or \"lazy\" in operator.toml to list its models");
    }
    const std::string_view variable = key_variable(server, root);
    if (variable.empty()) return std::nullopt;
    if (!key_is_set) {
        if (server.kind->key_optional()) return std::nullopt;
        return key_missing(server, root, variable);
    }
    if (would_show_key(server, root)) {
        return refusal(probe_status::key_withheld,
                       fmt::format("the key in {} was not sent to {}: it would go over the internet in clear", variable,
                                   root.origin()),
                       "use https in base_url, or set allow_plaintext_key = true for this server if the way is safe");
    }
    return std::nullopt;
}

}  // namespace opd
