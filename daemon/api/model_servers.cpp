#include "config/base/ascii.hpp"
#include "config/base/suggest.hpp"
#include "daemon/api/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace opd::api {
namespace {

wire::answer unknown_server(const state::registry& servers, std::string_view name) {
    std::vector<std::string_view> names;
    for (const state::server_entry_ptr& entry : servers.entries())
        if (entry->state.listed) names.push_back(entry->state.server.name);
    return refused(no_such("model server", name, names, "model-servers"));
}

wire::answer unknown_kind(std::string_view slug) {
    return refused(no_such("kind of model server", slug, names_of(kinds(), &kind::slug), "kinds"));
}

/// The answer for a kind that cannot be asked before somebody declares a server of it.
wire::document_ptr undeclared_answer(const kind& wanted) {
    state::server_state nobody;
    nobody.status = probe_status::disabled;
    nobody.error = fmt::format("no {} server is declared", wanted.slug);
    nobody.hint = fmt::format(
        "declare one in operator.toml: [[model_servers]] with a name, kind = \"{}\" and its base_url", wanted.slug);
    return encode_models_answer(wanted.slug, nobody, encode_models({}));
}

/// The server as a configuration has it. The registry may know a newer one of that name by now, whose probes are not
/// of this one.
std::string encode_configured(const model_server& server, const state::server_entry_ptr& known, bool reveal_env) {
    if (known && known->state.server == server) return encode_server(known->state, reveal_env);
    state::server_state state;
    state.server = server;
    state.error = "not probed yet";
    return encode_server(state, reveal_env);
}

struct described {
    std::string body;
    std::string etag;
};

described describe(api_services services, const call& called, const state::config_snapshot& written,
                   std::string_view name) {
    const auto server = std::ranges::find(written.loaded.values.model_servers, name, &model_server::name);
    return {.body = encode_configured(*server, services.servers.find(name), called.asked.over_unix_socket),
            .etag = server_tag(services.info.instance, written.revisions, name).value_or(std::string())};
}

using reader = wire::answer (*)(api_services, const call&);

asio::awaitable<wire::answer> read_after(asio::awaitable<void> first, reader read, api_services services, call called) {
    co_await std::move(first);
    co_return read(services, called);
}

/// `entry` is null where there is nothing to probe.
wire::reply read_models(api_services services, const call& called, const state::server_entry_ptr& entry, reader read) {
    const std::optional<bool> refresh = flag(called.target, "refresh");
    if (!refresh) return wrong_flag("refresh");
    if (!entry) return read(services, called);
    if (*refresh) return read_after(services.probes.refresh(entry), read, services, called);
    services.probes.look_at(*entry);
    if (entry->state.status != probe_status::pending) return read(services, called);
    return read_after(services.probes.wait_for_first_result(entry), read, services, called);
}

wire::answer models_of_server(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const state::server_entry_ptr entry = services.servers.find(name);
    return entry ? ok(services.answers.models(*entry)) : unknown_server(services.servers, name);
}

wire::answer models_of_kind(api_services services, const call& called) {
    const kind& wanted = *find_kind(called.parameters[0]);
    const state::server_entry_ptr entry = services.servers.find_by_kind(wanted);
    return ok(entry ? services.answers.models_of_kind(*entry) : undeclared_answer(wanted));
}

}  // namespace

wire::answer list_model_servers(api_services services, const call& called) {
    return ok(services.answers.list(called.asked.over_unix_socket));
}

wire::answer get_model_server(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const state::server_entry_ptr entry = services.servers.find(name);
    if (!entry) return unknown_server(services.servers, name);
    const bool as_encoded = !called.asked.over_unix_socket || entry->state.server.extra_env.empty();
    const state::config_revisions& revisions = services.configuration.current().revisions;
    return ok(as_encoded ? services.answers.server(*entry) : encode_server(entry->state, true),
              server_tag(services.info.instance, revisions, name).value_or(std::string()));
}

wire::reply get_models_of_server(api_services services, const call& called) {
    const std::string& name = called.parameters[0];
    const state::server_entry_ptr entry = services.servers.find(name);
    return entry ? read_models(services, called, entry, models_of_server) : unknown_server(services.servers, name);
}

wire::answer list_kinds(api_services, const call&) {
    static const wire::document_ptr catalog = wire::make_document(encode_kinds());
    return ok(catalog);
}

wire::reply get_models_of_kind(api_services services, const call& called) {
    const kind* wanted = find_kind(called.parameters[0]);
    if (wanted == nullptr) return unknown_kind(called.parameters[0]);
    return read_models(services, called, services.servers.find_by_kind(*wanted), models_of_kind);
}

asio::awaitable<wire::answer> create_model_server(api_services services, call called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<model_server> wanted = decode_entry<model_server>(order->members);
    if (!wanted) co_return refused(wanted.error());
    const changed<void> allowed = check_precondition(order->condition, std::string());
    if (!allowed) co_return refused(allowed.error());

    state::config_store::change change = [server = *wanted](const state::config_snapshot& now) {
        return with_new_server(now.loaded.values, server);
    };
    const auto written = co_await services.configuration.write(std::move(change));
    if (!written) co_return refused(written.error());
    described made = describe(services, called, **written, wanted->name);
    co_return created(std::move(made.body), std::move(made.etag),
                      "/api/v1/model-servers/" + percent_encoded(wanted->name));
}

asio::awaitable<wire::answer> replace_model_server(api_services services, call called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<model_server> wanted = decode_entry<model_server>(order->members, called.parameters[0]);
    if (!wanted) co_return refused(wanted.error());

    state::config_store::change change =
        [server = *wanted, kept = unsent_fields(order->members), condition = order->condition,
         instance = services.info.instance](const state::config_snapshot& now) -> changed<config> {
        const auto allowed = check_precondition(condition, server_tag(instance, now.revisions, server.name));
        if (!allowed) return allowed.error();
        return with_replaced_server(now.loaded.values, server, kept);
    };
    const auto written = co_await services.configuration.write(std::move(change));
    if (!written) co_return refused(written.error());
    described made = describe(services, called, **written, wanted->name);
    co_return ok(std::move(made.body), std::move(made.etag));
}

asio::awaitable<wire::answer> remove_model_server(api_services services, call called) {
    const auto condition = read_condition(called.asked);
    if (!condition) co_return condition.error();
    const std::optional<bool> force = flag(called.target, "force");
    if (!force) co_return wrong_flag("force");
    const std::string& name = called.parameters[0];
    const state::server_entry_ptr known = services.servers.find(name);

    // Shared, since the change may be tried again after this request has been given up.
    const auto removed = std::make_shared<model_server>();
    state::config_store::change change = [name, force = *force, condition = *condition,
                                          instance = services.info.instance,
                                          removed](const state::config_snapshot& now) -> changed<config> {
        const auto allowed = check_precondition(condition, server_tag(instance, now.revisions, name));
        if (!allowed) return allowed.error();
        const auto& servers = now.loaded.values.model_servers;
        const auto found = std::ranges::find(servers, name, &model_server::name);
        if (found != servers.end()) *removed = *found;
        return without_server(now.loaded.values, name, force);
    };
    const auto written = co_await services.configuration.write(std::move(change));
    if (!written) co_return refused(written.error());
    co_return ok(wire::make_document(encode_configured(*removed, known, called.asked.over_unix_socket)), false);
}

}  // namespace opd::api
