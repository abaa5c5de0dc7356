#include "config/base/ascii.hpp"
#include "daemon/api/answers.hpp"
#include "daemon/api/decode.hpp"

#include <algorithm>
#include <memory>

namespace asio = boost::asio;

namespace opd::api {
namespace {

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

}  // namespace

asio::awaitable<wire::answer> create_model_server(api_services services, const call& called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<model_server> wanted = decode_new_server(order->members);
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

asio::awaitable<wire::answer> replace_model_server(api_services services, const call& called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<model_server> wanted = decode_server(order->members, called.parameters[0]);
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

asio::awaitable<wire::answer> remove_model_server(api_services services, const call& called) {
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
