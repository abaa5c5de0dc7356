#include "config/base/ascii.hpp"
#include "config/base/suggest.hpp"
#include "config/model/field_rules.hpp"
#include "daemon/api/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace asio = boost::asio;

namespace opd::api {
namespace {

const delegator* find_delegator(const config& values, std::string_view name) {
    const auto found = std::ranges::find(values.delegators, name, &delegator::name);
    return found == values.delegators.end() ? nullptr : &*found;
}

wire::answer unknown_delegator(const config& values, std::string_view name) {
    return refused(no_such("delegator", name, names_of(values.delegators, &delegator::name), "delegators"));
}

std::string tag_of(api_services services, const state::config_snapshot& snapshot, std::string_view name) {
    return delegator_tag(services.info.instance, snapshot.revisions, name).value_or(std::string());
}

asio::awaitable<wire::answer> create(api_services services, precondition condition, delegator wanted) {
    const changed<void> allowed = check_precondition(condition, std::string());
    if (!allowed) co_return refused(allowed.error());
    state::config_store::change change = [wanted](const state::config_snapshot& now) {
        return with_new_delegator(now.loaded.values, wanted);
    };
    const auto written = co_await services.configuration.write(std::move(change));
    if (!written) co_return refused(written.error());
    const state::config_snapshot& now = **written;
    co_return created(encode_delegator(*find_delegator(now.loaded.values, wanted.name)),
                      tag_of(services, now, wanted.name), "/api/v1/delegators/" + percent_encoded(wanted.name));
}

/// Which tool is asked for, if it is there.
result<const llm_tool*, wire::answer> detected_tool(api_services services, std::string_view name) {
    const result<const llm_tool*> tool = llm_tool_named(name);
    if (!tool) return failed(404, "not_found", tool.error());
    if (services.tools.find(**tool)) return *tool;
    return failed(404, "not_found",
                  problem{fmt::format("operatord finds no {} on its PATH, nor in the usual folders of your home", name),
                          fmt::format("install it: {}", (*tool)->install_hint)});
}

delegator made_for(const llm_tool& tool, const delegator_wish& wish) {
    delegator made;
    made.llm_tool = tool.name;
    made.model = wish.model ? *wish.model : std::string(tool.model_aliases.front());
    made.name = wish.name ? *wish.name : fmt::format("{}-{}", tool.name, made.model);
    made.model_server = wish.model_server;
    made.display_name = wish.display_name;
    made.launch_config = wish.launch_config;
    return made;
}

}  // namespace

wire::answer list_delegators(api_services services, const call&) {
    return ok(wire::make_document(encode_delegator_list(services.configuration.current().loaded.values.delegators)));
}

wire::answer get_delegator(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const state::config_snapshot& now = services.configuration.current();
    const delegator* const found = find_delegator(now.loaded.values, name);
    if (found == nullptr) return unknown_delegator(now.loaded.values, name);
    return ok(encode_delegator(*found), tag_of(services, now, name));
}

asio::awaitable<wire::answer> create_delegator(api_services services, call called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<delegator> wanted = decode_entry<delegator>(order->members);
    if (!wanted) co_return refused(wanted.error());
    wire::answer given = co_await create(services, order->condition, *wanted);
    co_return given;
}

asio::awaitable<wire::answer> create_delegator_from_tool(api_services services, call called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<delegator_wish> wish = decode_delegator_wish(order->members);
    if (!wish) co_return refused(wish.error());
    co_await services.tools.look();
    const auto tool = detected_tool(services, wish->tool_name);
    if (!tool) co_return tool.error();
    delegator wanted = made_for(**tool, *wish);
    wire::answer given = co_await create(services, order->condition, std::move(wanted));
    co_return given;
}

asio::awaitable<wire::answer> replace_delegator(api_services services, call called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<delegator> wanted = decode_entry<delegator>(order->members, called.parameters[0]);
    if (!wanted) co_return refused(wanted.error());

    state::config_store::change change =
        [wanted = *wanted, condition = order->condition,
         instance = services.info.instance](const state::config_snapshot& now) -> changed<config> {
        const auto allowed = check_precondition(condition, delegator_tag(instance, now.revisions, wanted.name));
        if (!allowed) return allowed.error();
        return with_replaced_delegator(now.loaded.values, wanted);
    };
    const auto written = co_await services.configuration.write(std::move(change));
    if (!written) co_return refused(written.error());
    const state::config_snapshot& now = **written;
    co_return ok(encode_delegator(*find_delegator(now.loaded.values, wanted->name)),
                 tag_of(services, now, wanted->name));
}

asio::awaitable<wire::answer> remove_delegator(api_services services, call called) {
    const auto condition = read_condition(called.asked);
    if (!condition) co_return condition.error();

    // Shared, since the change may be tried again after this request has been given up.
    const auto removed = std::make_shared<delegator>();
    state::config_store::change change = [name = called.parameters[0], condition = *condition,
                                          instance = services.info.instance,
                                          removed](const state::config_snapshot& now) -> changed<config> {
        const auto allowed = check_precondition(condition, delegator_tag(instance, now.revisions, name));
        if (!allowed) return allowed.error();
        if (const delegator* const found = find_delegator(now.loaded.values, name)) *removed = *found;
        return without_delegator(now.loaded.values, name);
    };
    const auto written = co_await services.configuration.write(std::move(change));
    if (!written) co_return refused(written.error());
    co_return ok(wire::make_document(encode_delegator(*removed)), false);
}

}  // namespace opd::api
