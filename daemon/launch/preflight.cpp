#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "daemon/launch/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::launch {
namespace {

constexpr std::size_t most_named = 3;

/// Someone answers, but not with a list: the agent may fare better, or not.
bool is_unwell(probe_status status) {
    switch (status) {
        case probe_status::auth_failed:
        case probe_status::forbidden:
        case probe_status::rate_limited:
        case probe_status::starting:
        case probe_status::bad_response:
        case probe_status::http_error: return true;
        default: return false;
    }
}

/// The tool itself knows what its vendor's server makes of the name.
bool is_alias(const launch_choice& chosen) {
    const auto& aliases = chosen.tool->model_aliases;
    return chosen.at_vendor() && std::ranges::find(aliases, chosen.model) != aliases.end();
}

std::string with_hint(const state::server_state& seen) { return problem(seen.error, seen.hint).sentence(); }

std::string quoted(const std::vector<std::string_view>& ids) {
    std::vector<std::string> quotes;
    for (const std::string_view id : ids) quotes.push_back(in_quotes(id));
    const std::vector<std::string_view> words(quotes.begin(), quotes.end());
    return enumeration(words);
}

/// What could have been meant, else what there is.
std::string alternatives(const state::server_state& seen, std::string_view name) {
    std::vector<std::string_view> ids = names_of(*seen.last_good, &model::id);
    if (ids.empty()) return "it lists none at all";
    std::vector<std::string_view> near;
    std::vector<std::string_view> left = ids;
    while (near.size() < most_named) {
        const auto next = closest_or_part(name, left);
        if (!next) break;
        near.push_back(*next);
        std::erase(left, *next);
    }
    if (near.size() == 1) return did_you_mean(near.front());
    if (!near.empty()) return fmt::format("the closest are {}", quoted(near));
    const std::size_t more = ids.size() - std::min(ids.size(), most_named);
    ids.resize(ids.size() - more);
    return fmt::format("it lists {}{}", quoted(ids), more == 0 ? "" : fmt::format(", and {} more", more));
}

}  // namespace

bool is_down(probe_status status) {
    switch (status) {
        case probe_status::timeout:
        case probe_status::refused:
        case probe_status::dns_error:
        case probe_status::tls_error:
        case probe_status::network_error: return true;
        default: return false;
    }
}

const model* find_model(const state::server_state& seen, const kind& of, std::string_view name) {
    if (!seen.reachable()) return nullptr;
    const bool tags = of.dialect == listing_dialect::ollama && name.find(':') == name.npos;
    const std::string with_tag = tags ? fmt::format("{}:latest", name) : std::string(name);
    const auto found =
        std::ranges::find_if(*seen.last_good, [&](const model& one) { return one.id == name || one.id == with_tag; });
    return found == seen.last_good->end() ? nullptr : &*found;
}

launchable<std::vector<std::string>> preflight(const launch_choice& chosen, const state::server_state& seen,
                                               bool force) {
    const std::string server = fmt::format("model server {}", in_quotes(chosen.server.name));
    std::vector<std::string> warnings;
    if (is_down(seen.status)) {
        const std::string down = fmt::format("{} is down: {}", server, with_hint(seen));
        if (!force) {
            return change_refusal{
                .why = change_refusal::reason::conflict, .message = down, .next = {.verb = "force", .noun = "launch"}};
        }
        warnings.push_back(down);
    }
    if (is_unwell(seen.status)) warnings.push_back(fmt::format("{}: {}", server, with_hint(seen)));
    const bool listed = find_model(seen, *chosen.server.kind, chosen.model) != nullptr || is_alias(chosen);
    if (seen.reachable() && !listed) {
        warnings.push_back(fmt::format("{} does not list the model {}; {}", server, in_quotes(chosen.model),
                                       alternatives(seen, chosen.model)));
    }
    return warnings;
}

}  // namespace opd::launch
