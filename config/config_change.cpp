#include "config/config_change.hpp"

#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/fields.hpp"
#include "config/model/field_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace opd {
namespace {

// A message that names thousands helps nobody.
constexpr std::size_t most_names = 20;

change_refusal conflict(std::string message, next_step next = {}) {
    return {.why = change_refusal::reason::conflict, .message = std::move(message), .next = next};
}

change_refusal invalid(std::string field, std::string message) {
    change_refusal made{.why = change_refusal::reason::invalid, .message = fmt::format("{}: {}", field, message)};
    made.details.push_back({.field = std::move(field), .message = std::move(message)});
    return made;
}

bool is_builtin(std::string_view name) {
    const kind* of = find_kind(name);
    return of != nullptr && of->builtin;
}

change_refusal no_such_server(const config& values, std::string_view name) {
    if (!is_builtin(name)) return no_such("model server", name, server_names(values), "model-servers");
    return conflict(
        fmt::format("\"{0}\" is a builtin server and cannot be changed; declare a server of your own with "
                    "kind = \"{0}\"",
                    name));
}

change_refusal no_such_delegator(const config& values, std::string_view name) {
    return no_such("delegator", name, names_of(values.delegators, &delegator::name), "delegators");
}

/// Puts the stored values back for the masked ones.
changed<variables> unmask(variables wanted, const variables& stored) {
    for (auto& [name, value] : wanted) {
        if (value != masked_value) continue;
        const auto known = std::ranges::find(stored, name, &variables::value_type::first);
        if (known == stored.end()) {
            return invalid(fmt::format("extra_env.{}", name),
                           "\"***\" stands for the stored value, and there is none; give the value itself");
        }
        value = known->second;
    }
    return wanted;
}

/// The server that a delegator names must exist; `stored` may name one that has gone.
changed<void> check_server_of(const config& values, const delegator& wanted, const delegator* stored) {
    if (!wanted.model_server || (stored != nullptr && stored->model_server == wanted.model_server)) return {};
    const auto names = server_names(values);
    if (std::ranges::find(names, *wanted.model_server) != names.end()) return {};
    const std::string next =
        did_you_mean(closest_or_part(*wanted.model_server, names), "create it first, or leave model_server out");
    return invalid("model_server",
                   fmt::format("there is no model server {}; {}", in_quotes(*wanted.model_server), next));
}

/// `the delegators "a", "b" and 3 more`
std::string listed(const std::vector<std::string>& names) {
    const auto first = std::span(names).first(std::min(names.size(), most_names));
    std::vector<std::string_view> shown(first.begin(), first.end());
    const std::string more = fmt::format("{} more", names.size() - shown.size());
    if (shown.size() < names.size()) shown.push_back(more);
    return fmt::format("the {} {}", names.size() == 1 ? "delegator" : "delegators", enumeration(shown));
}

}  // namespace

changed<config> with_new_server(const config& values, model_server wanted) {
    if (is_builtin(wanted.name)) {
        return conflict(
            fmt::format("the name \"{0}\" belongs to a builtin model server; choose another name, such as "
                        "\"my-{0}\"",
                        wanted.name));
    }
    if (const auto fits = check_name(wanted.name); !fits) return invalid("name", fits.error().sentence());
    if (std::ranges::find(values.model_servers, wanted.name, &model_server::name) != values.model_servers.end()) {
        return conflict(fmt::format("the name {} is taken by a model server", in_quotes(wanted.name)),
                        {.verb = "replace", .noun = "model-servers"});
    }
    auto unmasked = unmask(std::move(wanted.extra_env), {});
    if (!unmasked) return unmasked.error();
    wanted.extra_env = *std::move(unmasked);
    wanted.user_declared = true;
    config after = values;
    after.model_servers.push_back(std::move(wanted));
    return after;
}

changed<config> with_replaced_server(const config& values, model_server wanted,
                                     std::span<const std::string_view> kept) {
    config after = values;
    const auto stored = std::ranges::find(after.model_servers, wanted.name, &model_server::name);
    if (stored == after.model_servers.end()) return no_such_server(values, wanted.name);
    auto unmasked = unmask(std::move(wanted.extra_env), stored->extra_env);
    if (!unmasked) return unmasked.error();
    // Their order is nothing to change a server for.
    const bool same = std::ranges::is_permutation(*unmasked, stored->extra_env);
    wanted.extra_env = same ? stored->extra_env : *std::move(unmasked);
    for (const field<model_server>& row : fields_of<model_server>())
        if (std::ranges::find(kept, row.name) != kept.end()) copy_field(row, *stored, wanted);
    *stored = std::move(wanted);
    return after;
}

changed<config> without_server(const config& values, std::string_view name, bool force) {
    config after = values;
    const auto stored = std::ranges::find(after.model_servers, name, &model_server::name);
    if (stored == after.model_servers.end()) return no_such_server(values, name);
    std::vector<std::string> users;
    for (const delegator& user : values.delegators)
        if (user.model_server == name) users.push_back(in_quotes(user.name));
    if (!users.empty() && !force) {
        return conflict(fmt::format("model server {} is still named by {}; remove {} first", in_quotes(name),
                                    listed(users), users.size() == 1 ? "it" : "them"),
                        {.verb = "force", .noun = {}});
    }
    after.model_servers.erase(stored);
    return after;
}

changed<config> with_new_delegator(const config& values, delegator wanted) {
    if (const auto fits = check_name(wanted.name); !fits) return invalid("name", fits.error().sentence());
    if (std::ranges::find(values.delegators, wanted.name, &delegator::name) != values.delegators.end()) {
        return conflict(fmt::format("the name {} is taken by a delegator", in_quotes(wanted.name)),
                        {.verb = "replace", .noun = "delegators"});
    }
    if (auto exists = check_server_of(values, wanted, nullptr); !exists) return exists.error();
    config after = values;
    after.delegators.push_back(std::move(wanted));
    return after;
}

changed<config> with_replaced_delegator(const config& values, delegator wanted) {
    config after = values;
    const auto stored = std::ranges::find(after.delegators, wanted.name, &delegator::name);
    if (stored == after.delegators.end()) return no_such_delegator(values, wanted.name);
    if (auto exists = check_server_of(values, wanted, &*stored); !exists) return exists.error();
    *stored = std::move(wanted);
    return after;
}

changed<config> without_delegator(const config& values, std::string_view name) {
    config after = values;
    const auto stored = std::ranges::find(after.delegators, name, &delegator::name);
    if (stored == after.delegators.end()) return no_such_delegator(values, name);
    after.delegators.erase(stored);
    return after;
}

}  // namespace opd
