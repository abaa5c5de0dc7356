#include "client/doctor/doctor.hpp"
#include "client/text.hpp"
#include "config/base/ascii.hpp"
#include "config/model/kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>

namespace opd {
namespace {

constexpr std::string_view key_is_missing = "key_missing";

std::string names_of(const std::vector<key_user>& users) {
    return fmt::format("{}", fmt::join(users | std::views::transform(&key_user::server), ", "));
}

finding of_missing_key(const key_answer& key, const server_facts& facts) {
    const bool is_here = facts.set_here.contains(key.name);
    const bool is_declared = std::ranges::any_of(key.users, [&facts](const key_user& user) {
        const auto server = std::ranges::find(facts.servers, user.server, &server_answer::name);
        return user.status == key_is_missing && server != facts.servers.end() && server->user_declared;
    });
    const std::string users = names_of(key.users);
    if (is_here)
        return {is_declared ? severity::problem : severity::warning, "key",
                fmt::format("{} is set here, but operatord does not have it ({})", key.name, users),
                fmt::format("operatorctl keys push {}", key.name)};
    // The agents' own logins do without; who uses none of a vendor's API misses nothing.
    if (!is_declared) return {severity::ok, "key", fmt::format("{} is not set; only {} would use it", key.name, users)};
    return {severity::problem, "key", fmt::format("{} is nowhere to be found, and {} needs it", key.name, users),
            fmt::format("export {0}=... and: operatorctl keys push {0}", key.name)};
}

/// What the daemon and this user see differently.
std::string remedy_of(const server_answer& server, const server_facts& facts) {
    const auto resolved = facts.resolved.find(host_of(server));
    if (server.probe.status == "dns_error" && resolved != facts.resolved.end() && resolved->second)
        return fmt::format("{} has an address by now: operatorctl models {} --refresh", resolved->first,
                           shell_quoted(server.name));
    if (!server.probe.hint.empty()) return server.probe.hint;
    return fmt::format("operatorctl service logs {}", shell_quoted(server.name));
}

finding of_server(const server_answer& server, const server_facts& facts) {
    const probe_summary& probe = server.probe;
    if (is_problem(probe))
        return {server.user_declared ? severity::problem : severity::warning, "server",
                fmt::format("{}: {}", server.name, probe.error.empty() ? probe.status : probe.error),
                remedy_of(server, facts)};
    std::string text = fmt::format("{}: {}", server.name, probe.status);
    if (probe.model_count) text += ", " + plural(*probe.model_count, "model");
    if (probe.latency_ms) text += fmt::format(", {}", latency_text(*probe.latency_ms));
    return {severity::ok, "server", text};
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "::1";
}

bool names(std::string_view no_proxy, std::string_view host) {
    while (!no_proxy.empty())
        if (const auto one = next_part(no_proxy, ','); one == host || one == "*") return true;
    return false;
}

}  // namespace

std::string host_of(const server_answer& server) {
    std::string_view url = server.base_url;
    const kind* its_kind = find_kind(server.kind);
    if (url.empty() && its_kind != nullptr) url = its_kind->default_base_url;
    const std::size_t scheme = url.find("://");
    if (scheme == url.npos) return {};
    url.remove_prefix(scheme + 3);
    if (url.starts_with('[')) return std::string(url.substr(1, std::min(url.find(']'), url.size()) - 1));
    return std::string(url.substr(0, url.find_first_of(":/")));
}

findings check_keys(const server_facts& facts) {
    findings out;
    if (!facts.keys) return out;
    for (const key_answer& key : facts.keys->keys) {
        if (!key.error.empty())
            out.push_back({severity::problem, "key", key.error, "see where each is found: operatorctl keys"});
        if (key.users.empty()) continue;
        if (key.source.empty())
            out.push_back(of_missing_key(key, facts));
        else
            out.push_back(
                {severity::ok, "key", fmt::format("{} is found: {} ({})", key.name, key.source, names_of(key.users))});
    }
    for (const std::string& error : facts.keys->keys_file_errors)
        out.push_back({severity::problem, "key", error, fmt::format("correct {}", facts.keys->keys_file)});
    return out;
}

findings check_servers(const server_facts& facts) {
    findings out;
    for (const server_answer& server : facts.servers) {
        const bool told_already = facts.keys && server.probe.status == key_is_missing;
        if (!told_already) out.push_back(of_server(server, facts));
    }
    return out;
}

findings check_proxies(const proxy_facts& facts, const std::vector<server_answer>& servers) {
    findings out;
    if (facts.variables.empty()) return out;
    const std::string variables = fmt::format("{}", fmt::join(facts.variables, ", "));
    std::vector<std::string> uncovered;
    std::vector<std::string> blocked;
    constexpr std::array<std::string_view, 4> no_way{"timeout", "refused", "dns_error", "network_error"};
    for (const server_answer& server : servers) {
        const std::string host = host_of(server);
        if (is_loopback(host)) {
            const bool is_known = std::ranges::find(uncovered, host) != uncovered.end();
            if (!names(facts.no_proxy, host) && !is_known) uncovered.push_back(host);
        } else if (std::ranges::find(no_way, server.probe.status) != no_way.end()) {
            blocked.push_back(server.name);
        }
    }
    if (!uncovered.empty())
        out.push_back({severity::warning, "proxy",
                       fmt::format("{} set, and NO_PROXY does not name {}: agents send even that to the proxy, unless "
                                   "operatorctl launch starts them",
                                   variables, fmt::join(uncovered, ", ")),
                       fmt::format("export NO_PROXY={0} no_proxy={0}",
                                   fmt::format("{}{}{}", facts.no_proxy, facts.no_proxy.empty() ? "" : ",",
                                               fmt::join(uncovered, ",")))});
    if (!blocked.empty())
        out.push_back({severity::warning, "proxy",
                       fmt::format("{} set, but operatord uses no proxy: it has to reach {} directly", variables,
                                   fmt::join(blocked, ", ")),
                       "let operatord through, or take the server out"});
    return out;
}

}  // namespace opd
