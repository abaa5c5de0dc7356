#include "client/answers.hpp"
#include "client/commands/common.hpp"
#include "client/text.hpp"
#include "config/fields.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace opd {
namespace {

namespace json = boost::json;

/// Changes what is given, and nothing else.
void apply(const command::server_fields& given, json::object& body) {
    for (const field<model_server>& row : fields_of<model_server>()) {
        const auto found = given.values.find(row.in_api);
        if (found == given.values.end()) continue;
        body[row.in_api] = row.argument.empty() ? json::value(found->second == "true") : text_or_null(found->second);
    }
    if (given.env.empty() && given.unset_env.empty()) return;
    json::object env = object_of(body, "extra_env");
    for (const std::string& name : given.unset_env) env.erase(name);
    for (const auto& [name, value] : given.env) env[name] = value;
    body["extra_env"] = std::move(env);
}

outcome done(const daemon_answer& answer, std::string_view name, std::string_view what,
             const command_context& context) {
    if (context.json) return document(answer.body);
    return say(fmt::format("{} {}; its models: operatorctl models {}\n", printable(name), what,
                           printable(shell_quoted(name))));
}

}  // namespace

outcome run(const command::servers_add& asked, const command_context& context) {
    json::object body{{"name", asked.name}};
    apply(asked.fields, body);
    const auto answer = ask_one(
        {.target = std::string(servers_target), .method = http_method::post, .body = json::serialize(body)}, context);
    if (!answer) return answer.error();
    return done(*answer, asked.name, "added", context);
}

outcome run(const command::servers_set& asked, const command_context& context) {
    const std::string target = server_target(asked.name);
    const auto before = ask_one({.target = target}, context);
    if (!before) return before.error();
    if (const auto server = read_server(before->body); !server) return misread(server.error(), target, context);
    const auto parsed = parse_json(before->body);
    json::object body;
    // What is not sent is taken out, or kept where it is one of the further fields.
    for (const field<model_server>& row : fields_of<model_server>().subspan(1)) {
        const json::value* value = row.further ? nullptr : parsed->get_object().if_contains(row.in_api);
        if (value != nullptr) body[row.in_api] = *value;
    }
    apply(asked.fields, body);
    // The tag guards what others changed since the look at it.
    const auto answer =
        ask_one({.target = target, .method = http_method::put, .body = json::serialize(body), .if_match = before->etag},
                context);
    if (!answer) return answer.error();
    return done(*answer, asked.name, "changed", context);
}

outcome run(const command::servers_remove& asked, const command_context& context) {
    const std::string target = server_target(asked.name) + (asked.force ? "?force=true" : "");
    const auto answer = ask_one({.target = target, .method = http_method::remove}, context);
    if (!answer) return answer.error();
    if (context.json) return document(answer->body);
    return say(fmt::format("{} removed\n", printable(asked.name)));
}

}  // namespace opd
