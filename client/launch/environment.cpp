#include "client/launch/environment.hpp"

#include <algorithm>
#include <utility>

namespace opd {
namespace {

bool is_of(std::string_view entry, std::string_view name) {
    return entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name);
}

void add_hosts(std::vector<std::string_view>& hosts, std::string_view list) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find_first_of(", "), list.size());
        const std::string_view host = list.substr(0, end);
        if (!host.empty() && std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

}  // namespace

std::optional<std::string> value_in(const environment& variables, std::string_view name) {
    for (const std::string& entry : variables)
        if (is_of(entry, name)) return entry.substr(name.size() + 1);
    return std::nullopt;
}

void set_in(environment& variables, std::string_view name, std::string_view value) {
    std::erase_if(variables, [name](const std::string& entry) { return is_of(entry, name); });
    variables.push_back(std::string(name) + '=' + std::string(value));
}

std::string with_hosts(std::string_view no_proxy, std::string_view other, const std::vector<std::string>& wanted) {
    std::vector<std::string_view> hosts;
    add_hosts(hosts, no_proxy);
    add_hosts(hosts, other);
    if (std::ranges::find(hosts, "*") != hosts.end()) return "*";
    for (const std::string& host : wanted) add_hosts(hosts, host);
    std::string out;
    for (const std::string_view host : hosts) {
        if (!out.empty()) out += ',';
        out += host;
    }
    return out;
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

environment agent_environment(const received_plan& plan, const environment& caller,
                              const std::optional<std::string>& home_path) {
    environment out = caller;
    std::erase_if(out, [&plan](const std::string& entry) {
        return std::ranges::any_of(plan.unset, [&entry](const std::string& name) { return is_of(entry, name); });
    });
    if (!plan.no_proxy.empty()) {
        const std::string hosts = with_hosts(value_in(caller, "NO_PROXY").value_or(""),
                                             value_in(caller, "no_proxy").value_or(""), plan.no_proxy);
        set_in(out, "NO_PROXY", hosts);
        set_in(out, "no_proxy", hosts);
    }
    if (plan.home && home_path) set_in(out, plan.home->variable, *home_path);
    for (const plan_variable& one : effective(plan.env))
        set_in(out, one.name, one.from_env.empty() ? one.value : value_in(caller, one.from_env).value_or(""));
    return out;
}

}  // namespace opd
