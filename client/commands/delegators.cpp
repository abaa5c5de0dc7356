#include "client/answers.hpp"
#include "client/commands/common.hpp"
#include "client/text.hpp"
#include "config/json_reader.hpp"

#include <boost/json/value_from.hpp>
#include <fmt/format.h>

namespace opd {
namespace {

namespace json = boost::json;

json::object body_of(const command::delegators_add& asked) {
    json::object body{{"name", asked.name}, {"llm_tool", asked.llm_tool}, {"model", asked.model}};
    if (asked.model_server) body["model_server"] = text_or_null(*asked.model_server);
    if (asked.display_name) body["display_name"] = text_or_null(*asked.display_name);
    if (asked.reasoning_effort) body["model_properties"] = {{"reasoning_effort", *asked.reasoning_effort}};
    json::object launch;
    if (asked.yolo) launch["yolo"] = true;
    if (asked.permission_mode) launch["permission_mode"] = *asked.permission_mode;
    if (!asked.flags.empty()) launch["flags"] = json::value_from(asked.flags);
    if (!launch.empty()) body["launch_config"] = std::move(launch);
    return body;
}

}  // namespace

outcome run(const command::delegators_list&, const command_context& context) {
    return show_answer(delegators_target, context, read_delegator_list, show_delegators);
}

outcome run(const command::delegators_show& asked, const command_context& context) {
    return show_answer(delegator_target(asked.name), context, read_delegator, show_delegator);
}

outcome run(const command::delegators_add& asked, const command_context& context) {
    return change(request_of(http_method::post, delegators_target, body_of(asked)), context,
                  fmt::format("{} added; start it with: operatorctl launch --delegator {}\n", printable(asked.name),
                              printable(shell_quoted(asked.name))));
}

outcome run(const command::delegators_remove& asked, const command_context& context) {
    return change({.target = delegator_target(asked.name), .method = http_method::remove}, context,
                  fmt::format("{} removed\n", printable(asked.name)));
}

outcome run(const command::tools&, const command_context& context) {
    const auto bodies = get({std::string(tools_target), std::string(default_target)}, context);
    if (!bodies) return bodies.error();
    if (context.json) return document(bodies->front());
    const auto tools = read_tools(bodies->front());
    if (!tools) return misread(tools.error(), tools_target, context);
    const auto usual = read_default(bodies->back());
    if (!usual) return misread(usual.error(), default_target, context);
    return say(show_tools(*tools, *usual, view_of(context)));
}

}  // namespace opd
