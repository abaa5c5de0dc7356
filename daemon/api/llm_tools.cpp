#include "daemon/api/answers.hpp"

#include <utility>

namespace asio = boost::asio;

namespace opd::api {
namespace {

wire::answer described(api_services services, const state::config_snapshot& now) {
    const auto& tools = now.loaded.values.llm_tools;
    return ok(encode_default_tool(tools.default_tool, tools.default_model),
              config_tag(services.info.instance, now.revisions.llm_tools));
}

}  // namespace

asio::awaitable<wire::answer> list_llm_tools(api_services services, call) {
    co_await services.tools.learn_versions();
    co_return ok(wire::make_document(encode_tools(services.tools.find())));
}

wire::answer get_default_tool(api_services services, const call&) {
    return described(services, services.configuration.current());
}

asio::awaitable<wire::answer> replace_default_tool(api_services services, call called) {
    const auto order = read_write(called.asked);
    if (!order) co_return order.error();
    const changed<default_tool> wanted = decode_default_tool(order->members);
    if (!wanted) co_return refused(wanted.error());

    state::config_store::change change =
        [wanted = *wanted, condition = order->condition,
         instance = services.info.instance](const state::config_snapshot& now) -> changed<config> {
        const auto allowed = check_precondition(condition, config_tag(instance, now.revisions.llm_tools));
        if (!allowed) return allowed.error();
        config next = now.loaded.values;
        next.llm_tools.default_tool = wanted.tool;
        next.llm_tools.default_model = wanted.model;
        return next;
    };
    const auto written = co_await services.configuration.write(std::move(change));
    if (!written) co_return refused(written.error());
    co_return described(services, **written);
}

}  // namespace opd::api
