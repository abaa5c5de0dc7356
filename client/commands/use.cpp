#include "client/answers.hpp"
#include "client/commands/common.hpp"
#include "client/text.hpp"
#include "config/base/utf8.hpp"
#include "config/model/kinds.hpp"
#include "config/model/llm_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace opd {
namespace {

namespace json = boost::json;

/// What `use` is about to bring about.
struct pairing {
    std::string delegator;  ///< its name
    std::string tool;
    std::string model;
    std::string server;     ///< as asked for
    bool implicit = false;  ///< the tool uses this server where none is named
};

/// The tool that speaks the protocol of a server; empty: none does.
std::string tool_for(const server_answer& server) {
    const kind* its_kind = find_kind(server.kind);
    for (const llm_tool& tool : llm_tools()) {
        const kind* implicit = find_kind(tool.implicit_server);
        if (its_kind != nullptr && implicit != nullptr && implicit->protocol == its_kind->protocol)
            return std::string(tool.name);
    }
    return {};
}

/// The first model that is fit for an agent, as far as the server tells; empty: it lists none.
std::string first_model(const models_answer& answer) {
    const std::vector<model_entry>& models = answer.models.empty() ? answer.last_known_models : answer.models;
    const auto fit = std::ranges::find_if(models, [](const model_entry& model) { return model.tools.value_or(true); });
    if (fit != models.end()) return fit->id;
    return models.empty() ? std::string() : models.front().id;
}

/// The delegator that has the pairing's name already.
using existing_delegator = std::optional<told<delegator_answer>>;

or_outcome<existing_delegator> find_delegator(const pairing& wanted, const command_context& context) {
    const std::string target = delegator_target(wanted.delegator);
    const auto answers = ask({{.target = target}}, context);
    if (!answers) return answers.error();
    const daemon_answer& answer = answers->front();
    if (answer.status == 404) return existing_delegator();
    if (!is_good(answer)) return refused(answer);
    const auto delegator = read_delegator(answer.body);
    if (!delegator) return misread(delegator.error(), target, context);
    const bool same_server =
        delegator->model_server == wanted.server || (wanted.implicit && delegator->model_server.empty());
    if (delegator->llm_tool != wanted.tool || !same_server || !delegator->remote_agent.empty())
        return fail(exit_failed,
                    fmt::format("the delegator {} exists already and is for something else; see it with: operatorctl "
                                "delegators show {}",
                                in_quotes(wanted.delegator), printable(shell_quoted(wanted.delegator))));
    return std::optional(told<delegator_answer>{.what = *delegator, .answer = answer});
}

/// With the model that was asked for, that the delegator had, or else the first one there is.
or_outcome<pairing> with_model(pairing wanted, const command::use& asked, const existing_delegator& existing,
                               const command_context& context) {
    const llm_tool* tool = find_llm_tool(wanted.tool);
    if (asked.model) {
        wanted.model = *asked.model;
    } else if (existing) {
        wanted.model = existing->what.model;
    } else if (wanted.implicit && !tool->model_aliases.empty()) {
        // A vendor's own tool knows a model of its vendor without a key for the list.
        wanted.model = tool->model_aliases.front();
    } else {
        const auto models = get_models({wanted.server}, context);
        if (!models) return models.error();
        wanted.model = first_model(models->front());
        if (wanted.model.empty())
            return fail(exit_failed, fmt::format("{} lists no model ({}); name one with --model MODEL, or see what is "
                                                 "wrong with: operatorctl models {}",
                                                 printable(wanted.server), printable(models->front().status),
                                                 printable(shell_quoted(wanted.server))));
    }
    return wanted;
}

json::object launch_of(const pairing& wanted) {
    json::object body{{"llm_tool", wanted.tool}, {"model", wanted.model}};
    if (!wanted.implicit) body["model_server"] = wanted.server;
    return body;
}

/// The daemon decides whether tool and server fit together, as it does for a launch. It need not be up for that.
daemon_request resolve_request(json::object body) {
    body["force"] = true;
    return request_of(http_method::post, resolve_target, body);
}

daemon_request delegator_request(const pairing& wanted, const existing_delegator& existing) {
    if (!existing) {
        json::object body = launch_of(wanted);
        body["name"] = wanted.delegator;
        return request_of(http_method::post, delegators_target, body);
    }
    json::object body = *parse_object(existing->answer.body);
    body.erase("name");
    body["model"] = wanted.model;
    daemon_request request = request_of(http_method::put, delegator_target(wanted.delegator), body);
    request.if_match = existing->answer.etag;
    return request;
}

daemon_request default_request(const pairing& wanted) {
    return request_of(http_method::put, default_target, {{"tool", wanted.tool}, {"model", wanted.model}});
}

or_outcome<pairing> make_pairing(const command::use& asked, const command_context& context) {
    const auto told = ask_for({.target = server_target(asked.server)}, context, read_server);
    if (!told) return told.error();
    const server_answer& server = told->what;
    pairing wanted{.tool = asked.llm_tool.value_or(tool_for(server)), .server = server.name};
    if (wanted.tool.empty())
        return fail(exit_failed, fmt::format("no agent is known for the kind {}; name one with --tool TOOL",
                                             in_quotes(server.kind)));
    const llm_tool* tool = find_llm_tool(wanted.tool);
    wanted.implicit = tool != nullptr && tool->implicit_server == server.name;
    wanted.delegator = fmt::format("{}-{}", wanted.tool, wanted.server);
    return wanted;
}

outcome report(const pairing& wanted, std::string_view done, const std::string& started) {
    const std::string launch = "operatorctl launch --delegator " + shell_quoted(wanted.delegator);
    outcome end =
        say(fmt::format("{} now uses {} with the model {} (delegator {}, {})\n", printable(wanted.tool),
                        printable(wanted.server), printable(wanted.model), printable(wanted.delegator), done));
    if (started == wanted.delegator) {
        end.out += "start it with: operatorctl launch\n";
        return end;
    }
    end.err = fmt::format("but operatorctl launch alone starts {}; start this one with: {}\n",
                          started.empty() ? "no delegator" : in_quotes(started), printable(launch));
    end.exit_code = exit_failed;
    return end;
}

}  // namespace

outcome run(const command::use& asked, const command_context& context) {
    auto wanted = make_pairing(asked, context);
    if (!wanted) return wanted.error();
    const auto existing = find_delegator(*wanted, context);
    if (!existing) return existing.error();
    wanted = with_model(std::move(*wanted), asked, *existing, context);
    if (!wanted) return wanted.error();
    if (const auto fits = ask_one(resolve_request(launch_of(*wanted)), context); !fits) return fits.error();
    std::string delegator = *existing ? (*existing)->answer.body : std::string();
    std::string_view done = "kept";
    if (!*existing || (*existing)->what.model != wanted->model) {
        auto written = ask_one(delegator_request(*wanted, *existing), context);
        if (!written) return written.error();
        delegator = std::move(written->body);
        done = *existing ? "changed" : "added";
    }
    const auto usual = ask_one(default_request(*wanted), context);
    if (!usual) return usual.error();
    const auto launched = ask_one(resolve_request({}), context);
    if (!launched) return launched.error();
    const auto plan = parse_object(launched->body);
    outcome end = report(*wanted, done, plan ? text_of(*plan, "delegator") : "");
    if (context.json) end.out = document(fmt::format(R"({{"delegator":{},"default":{}}})", delegator, usual->body)).out;
    return end;
}

}  // namespace opd
