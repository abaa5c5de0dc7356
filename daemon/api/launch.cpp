#include "config/base/utf8.hpp"
#include "daemon/api/answers.hpp"
#include "daemon/launch/plan.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace opd::api {
namespace {

/// A program of node takes half a second to say its version, once.
constexpr std::chrono::milliseconds version_patience{1'500};

/// The server as it is known; one that seems to be down is asked once more, unless the user does not mind.
asio::awaitable<state::server_state> look_at(api_services services, state::server_entry_ptr entry, bool force) {
    services.probes.look_at(*entry);
    const probe_status known = entry->state.status;
    if (known == probe_status::pending) co_await services.probes.wait_for_first_result(entry);
    if (launch::is_down(known) && !force) co_await services.probes.refresh(entry);
    co_return entry->state;
}

}  // namespace

asio::awaitable<wire::answer> resolve_launch(api_services services, call called) {
    const auto members = decode_body(called.asked.body);
    if (!members) co_return failed(400, "bad_request", members.error());
    const launch::launchable<launch::launch_request> wanted = launch::decode_launch_request(*members);
    if (!wanted) co_return refused(wanted.error());
    auto chosen = launch::choose_launch(services.configuration.current().loaded.values, *wanted);
    if (!chosen) co_return refused(chosen.error());

    launch::launch_context context;
    context.home = services.info.home;
    const bool bridged = chosen->via == launch::way::bridge;
    if (const auto file = bridged ? chosen->tool->bridge_settings_file : chosen->tool->settings_file;
        !file.empty() && !wanted->managed)
        context.settings_file = launch::trusted_file(services.info.data_folder / file);
    context.tool_version = co_await services.tools.version_of(*chosen->tool, version_patience);
    context.push_keys = services.configuration.current().loaded.values.keys.push_on_launch;
    const state::server_entry_ptr entry = chosen->on_server() ? services.servers.find(chosen->server.name) : nullptr;
    if (entry) context.server = co_await look_at(services, entry, wanted->force);
    if (entry && chosen->root == context.server.root) chosen->root = context.server.api();
    context.bridge_origin = services.info.bridge_origin;
    const bool may_choose = !wanted->via && chosen->server.bridge == bridge_mode::automatic;
    bool lacks = false;
    if (entry && may_choose && chosen->tool->name == "codex" && chosen->server.kind->slug != "openai-api")
        lacks = co_await services.bridge.lacks_responses(entry);
    if (lacks) chosen->via = launch::way::bridge;
    auto plan = launch::plan_launch(*chosen, *wanted, context);
    if (!plan) co_return refused(plan.error());
    if (lacks)
        plan->warnings.push_back(
            fmt::format("model server {} has no /responses, which codex needs: it goes through the bridge",
                        in_quotes(chosen->server.name)));
    co_return ok(wire::make_document(launch::encode_plan(*plan, called.asked.over_unix_socket)), false);
}

}  // namespace opd::api
