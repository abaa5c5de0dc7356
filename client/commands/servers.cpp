#include "client/answers.hpp"
#include "client/commands/common.hpp"
#include "client/text.hpp"
#include "config/base/ascii.hpp"
#include "config/fields.hpp"
#include "config/json_reader.hpp"

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
    for (std::string_view value : given.env) {
        const std::string_view name = next_part(value, '=');
        env[name] = value;
    }
    body["extra_env"] = std::move(env);
}

std::string done(std::string_view name, std::string_view what) {
    return fmt::format("{} {}; its models: operatorctl models {}\n", printable(name), what,
                       printable(shell_quoted(name)));
}

}  // namespace

outcome run(const command::servers_add& asked, const command_context& context) {
    json::object body{{"name", asked.name}};
    apply(asked.fields, body);
    return change(request_of(http_method::post, servers_target, body), context, done(asked.name, "added"));
}

outcome run(const command::servers_set& asked, const command_context& context) {
    const std::string target = server_target(asked.name);
    const auto before = ask_for({.target = target}, context, read_server);
    if (!before) return before.error();
    const auto parsed = parse_json(before->answer.body);
    json::object body;
    // What is not sent is taken out, or kept where it is one of the further fields.
    for (const field<model_server>& row : fields_of<model_server>().subspan(1)) {
        const json::value* value = row.further ? nullptr : parsed->get_object().if_contains(row.in_api);
        if (value != nullptr) body[row.in_api] = *value;
    }
    apply(asked.fields, body);
    // The tag guards what others changed since the look at it.
    daemon_request request = request_of(http_method::put, target, body);
    request.if_match = before->answer.etag;
    return change(request, context, done(asked.name, "changed"));
}

outcome run(const command::servers_remove& asked, const command_context& context) {
    const std::string target = server_target(asked.name) + (asked.force ? "?force=true" : "");
    return change({.target = target, .method = http_method::remove}, context,
                  fmt::format("{} removed\n", printable(asked.name)));
}

}  // namespace opd
