#include "client/launch/launch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace opd {
namespace {

void add_hosts(std::vector<std::string_view>& hosts, std::string_view list) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find_first_of(", "), list.size());
        const std::string_view host = list.substr(0, end);
        if (!host.empty() && std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

}  // namespace

std::string with_hosts(const environment& caller, const std::vector<std::string>& wanted) {
    const std::string upper = value_in(caller, "NO_PROXY").value_or("");
    const std::string lower = value_in(caller, "no_proxy").value_or("");
    std::vector<std::string_view> hosts;
    add_hosts(hosts, upper);
    add_hosts(hosts, lower);
    if (std::ranges::find(hosts, "*") != hosts.end()) return "*";
    for (const std::string& host : wanted) add_hosts(hosts, host);
    return fmt::format("{}", fmt::join(hosts, ","));
}

std::vector<plan_variable> effective(const std::vector<plan_variable>& all) {
    std::vector<plan_variable> out;
    for (auto one = all.begin(); one != all.end(); ++one) {
        const bool overridden =
            std::any_of(one + 1, all.end(), [one](const plan_variable& later) { return later.name == one->name; });
        if (!overridden) out.push_back(*one);
    }
    return out;
}

std::vector<plan_variable> references(const received_plan& plan) {
    std::vector<plan_variable> out;
    for (const plan_variable& one : effective(plan.env)) {
        const bool known = std::ranges::find(out, one.from_env, &plan_variable::from_env) != out.end();
        if (!one.from_env.empty() && !known) out.push_back(one);
    }
    return out;
}

std::vector<plan_variable> unresolved(const received_plan& plan, const environment& caller) {
    std::vector<plan_variable> out = references(plan);
    std::erase_if(out,
                  [&caller](const plan_variable& one) { return !value_in(caller, one.from_env).value_or("").empty(); });
    return out;
}

environment agent_environment(const received_plan& plan, const environment& caller, const environment& home) {
    environment out = caller;
    for (const std::string& name : plan.unset) unset_in(out, name);
    if (!plan.no_proxy.empty()) {
        const std::string hosts = with_hosts(caller, plan.no_proxy);
        set_in(out, "NO_PROXY", hosts);
        set_in(out, "no_proxy", hosts);
    }
    for (const std::string& entry : home) {
        const std::size_t name = entry.find('=');
        set_in(out, entry.substr(0, name), entry.substr(name + 1));
    }
    for (const plan_variable& one : effective(plan.env))
        set_in(out, one.name, one.from_env.empty() ? one.value : value_in(caller, one.from_env).value_or(""));
    return out;
}

}  // namespace opd
