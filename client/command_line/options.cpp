#include "client/command_line/options.hpp"

#include "config/base/utf8.hpp"
#include "config/base/version.hpp"
#include "config/model/field_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace opd {
namespace {

constexpr const char* examples =
    "Examples:\n"
    "  operatorctl status                        the daemon, and every model server with its state\n"
    "  operatorctl models                        the models of all reachable servers\n"
    "  operatorctl models lab --refresh          ask one server again, now\n"
    "  operatorctl servers add lab --kind openai-compat --base-url http://lab:8000 --api-key-env LAB_KEY\n"
    "  operatorctl use lab                       let its agent use that server from now on\n"
    "  operatorctl launch                        start the agent\n"
    "  operatorctl launch --print                see how it would be started\n"
    "  operatorctl doctor                        what is wrong, and what to do about it\n"
    "  operatorctl --json models lab | jq -r '.models[].id'\n"
    "\n"
    "Exit codes: 0 ok, 1 the answer is no (unknown or unreachable server, refused change,\n"
    "a problem that doctor found), 64 usage,\n"
    "69 operatord is not reachable, 70 internal error, 77 no permission.\n"
    "launch ends as the agent does; 126 and 127: the agent's program cannot be run, is not there";

constexpr const char* launch_examples =
    "Examples:\n"
    "  operatorctl launch                                     the default agent\n"
    "  operatorctl launch --delegator codex-lab -- resume     what stands behind -- goes to the agent as it is\n"
    "  operatorctl launch --llm-tool codex --model qwen2.5-coder --model-server ollama-local\n"
    "  operatorctl launch --delegator codex-lab --script ./codex-lab.sh";

void describe_models(const described<command::models>& models) {
    models.app->add_option("SERVER", models->server, "the server's name; none: all")->type_name("")->check(is_name());
    models.app->add_flag("--refresh", models->refresh, "ask the server now instead of showing the last answer");
}

void describe_use(const described<command::use>& use) {
    use.app->add_option("SERVER", use->server, "the server's name")->required()->type_name("")->check(is_name());
    add_text(use.app, "--tool,--llm-tool", use->llm_tool, "TOOL", "the agent; none: the one that speaks its protocol");
    add_text(use.app, "--model", use->model, "MODEL", "the model; none: the one it had, else the first that it lists");
}

void describe_launch(const described<command::launch>& launch) {
    add_text(launch.app, "--delegator", launch->delegator, "DELEGATOR", "which; without it and --llm-tool: the default")
        ->check(is_name());
    CLI::Option* tool = add_text(launch.app, "--llm-tool,--tool", launch->llm_tool, "TOOL", "the agent");
    CLI::Option* model = add_text(launch.app, "--model", launch->model, "MODEL", "its model");
    CLI::Option* server = add_text(launch.app, "--model-server", launch->model_server, "SERVER",
                                   "who serves it; none: the tool's own vendor")
                              ->check(is_name());
    tool->needs(model)->excludes("--delegator");
    model->needs(tool)->excludes("--delegator");
    server->needs(tool)->excludes("--delegator");
    add_text(launch.app, "--prompt", launch->prompt, "TEXT", "the first prompt of the session");
    launch.app
        ->add_option_function<std::string>(
            "--resume", [launch](const std::string& id) { launch->resume = id; },
            "go on with a session, the last one without ID; without a name, of what was launched last in this folder")
        ->type_name("ID")
        ->expected(0, 1);
    CLI::Option* bridge = launch.app->add_flag("--bridge", launch->bridge, "go through the bridge of operatord");
    launch.app->add_flag("--direct", launch->direct, "let the agent talk to the server itself")->excludes(bridge);
    launch.app->add_flag("--force", launch->force, "launch although the server is down; replace the script");
    CLI::Option* print = launch.app->add_flag("--print", launch->print, "show the plan instead of launching");
    launch.app
        ->add_option_function<std::string>(
            "--script", [launch](const std::string& file) { launch->script = file; },
            "write a script that does the same later, without operatord")
        ->type_name("FILE")
        ->excludes(print);
    launch.app->footer(launch_examples);
}

void add_launch(CLI::App& app, invocation& into, bool in_full) {
    const auto launch = add_command<command::launch>(app, "launch", "become an agent that uses a model server", into);
    if (in_full) describe_launch(launch);
}

std::string fault_of(const result<void>& checked) { return checked ? std::string() : checked.error().message; }

void describe_common(CLI::App& app, invocation& into) {
    app.set_version_flag("--version", fmt::format("operatorctl {}", version()));
    app.require_subcommand(1);
    auto* url = app.add_option("--url", into.url, "ask operatord at http://HOST:PORT")->type_name("URL");
    app.add_option("--socket", into.socket, "ask operatord at this unix socket")->type_name("PATH")->excludes(url);
    app.add_option("--token-file", into.token_file, "the token of an operatord on another machine")
        ->type_name("FILE")
        ->needs(url);
    app.add_flag("--json", into.json, "answer with one JSON document, as the daemon gave it");
}

}  // namespace

void describe(CLI::App& app, invocation& into, const std::vector<std::string>* given) {
    const auto said = [given](const char* word) {
        return given == nullptr || std::ranges::find(*given, word) != given->end();
    };
    describe_common(app, into);
    // Nobody waits for the others where this is what is said first.
    if (given != nullptr && !given->empty() && given->front() == "launch") return add_launch(app, into, true);

    add_command<command::status>(app, "status", "the daemon, and every model server with its state", into);
    CLI::App* servers = add_group<command::servers_list>(
        app, "servers", "the model servers: list (the default), show, add, set, remove", into);
    if (said("servers")) describe_servers(servers, into);
    const auto models =
        add_command<command::models>(app, "models", "the models of one server, or of all that are reachable", into);
    if (said("models")) describe_models(models);
    add_command<command::kinds>(app, "kinds", "the kinds of model servers that operatord knows", into);
    CLI::App* delegators = add_group<command::delegators_list>(
        app, "delegators", "llm tools paired with models: list (the default), show, add, remove", into);
    if (said("delegators")) describe_delegators(delegators, into);
    add_command<command::tools>(app, "tools", "the agents that are installed, and the default", into);
    const auto use = add_command<command::use>(app, "use", "make a model server the default of its agent", into);
    if (said("use")) describe_use(use);
    add_launch(app, into, said("launch"));
    CLI::App* keys = add_group<command::keys_list>(
        app, "keys", "the keys that model servers wait for: list (the default), push, forget", into);
    if (said("keys")) describe_keys(keys, into);
    CLI::App* service = add_group<command::service_status>(
        app, "service", "operatord as a service of systemd: status (the default), install, uninstall, logs", into);
    if (said("service")) describe_service(service, into);
    add_command<command::doctor>(app, "doctor", "look for whatever keeps things from working, and what to do", into);
    add_command<command::health>(app, "health", "the daemon alone", into);
    app.footer(examples);  // last: subcommands inherit it
}

CLI::Validator rule(std::function<std::string(const std::string&)> check) {
    return {[check = std::move(check)](std::string& given) { return check(given); }, ""};
}

CLI::Validator is_text() {
    return rule([](const std::string& given) {
        return find_invalid_utf8(given) == given.npos ? std::string() : std::string("is not UTF-8");
    });
}

CLI::Validator is_name() {
    return rule([](const std::string& given) { return fault_of(check_name(given)); });
}

CLI::Validator is_variable() {
    return rule([](const std::string& given) { return fault_of(check_env_name(given)); });
}

CLI::Validator is_assignment() {
    return rule([](const std::string& given) {
        const std::size_t equals = given.find('=');
        if (equals == given.npos) return std::string("is not of the form NAME=VALUE");
        const auto name = check_env_name(std::string_view(given).substr(0, equals));
        return fault_of(name ? check_env_value(std::string_view(given).substr(equals + 1)) : name);
    });
}

void add_name(CLI::App* command, std::string& into, const char* description, const char* shown) {
    command->add_option(shown, into, description)->required()->type_name("")->check(is_name());
}

CLI::Option* add_text(CLI::App* command, const char* name, std::optional<std::string>& into, const char* type,
                      const char* description) {
    return command
        ->add_option_function<std::string>(
            name, [&into](const std::string& given) { into = given; }, description)
        ->type_name(type)
        ->check(is_text());
}

CLI::Option* add_repeatable(CLI::App* command, const char* name, std::vector<std::string>& into, const char* type,
                            const char* description) {
    return command
        ->add_option_function<std::vector<std::string>>(
            name, [](const std::vector<std::string>&) {}, description)
        ->allow_extra_args(false)
        ->each([&into](const std::string& given) { into.push_back(given); })
        ->type_name(type);
}

}  // namespace opd
