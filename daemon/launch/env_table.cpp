#include "config/model/field_rules.hpp"
#include "daemon/launch/plan.hpp"
#include "probes/key_policy.hpp"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

namespace opd::launch {

using source = env_entry::source;

std::vector<env_entry> server_env(const model_server& server, const api_root& root) {
    const kind& of = *server.kind;
    std::vector<env_entry> env{{.name = std::string(of.agent_base_url_env), .text = agent_base_url(of, root)}};
    if (const std::string_view key = key_variable(server, root); !key.empty())
        env.push_back({.name = std::string(of.agent_api_key_env), .text = std::string(key), .from = source::reference});
    return env;
}

std::vector<env_entry> extra_env(const model_server& server) {
    std::vector<env_entry> env;
    for (const auto& [name, value] : server.extra_env) {
        const std::string_view reference = referred_to(value);
        const bool refers = !reference.empty();
        env.push_back({.name = name,
                       .text = std::string(refers ? reference : value),
                       .from = refers ? source::reference : source::literal});
    }
    return env;
}

const env_entry* find_entry(const std::vector<env_entry>& env, std::string_view name) {
    const auto found = std::ranges::find(env, name, &env_entry::name);
    return found == env.end() ? nullptr : &*found;
}

std::optional<env_entry> agent_key(const model_server& server, const api_root& root) {
    const std::string_view name = server.kind->agent_api_key_env;
    const std::vector<env_entry> extra = extra_env(server);
    const std::vector<env_entry> derived = server_env(server, root);
    const env_entry* key = find_entry(extra, name);
    if (key == nullptr) key = find_entry(derived, name);
    if (key == nullptr || key->text.empty()) return std::nullopt;
    return *key;
}

std::vector<env_entry> last_of_each(std::vector<env_entry> env) {
    std::set<std::string> seen;
    std::vector<env_entry> kept;
    for (env_entry& entry : std::views::reverse(env))
        if (seen.insert(entry.name).second) kept.push_back(std::move(entry));
    std::ranges::reverse(kept);
    return kept;
}

}  // namespace opd::launch
