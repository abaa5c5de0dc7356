#include "client/command_line/options.hpp"
#include "config/fields.hpp"
#include "config/model/field_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace opd {
namespace {

constexpr const char* set_examples =
    "Only what is given is changed; an empty text takes a field out:\n"
    "  operatorctl servers set lab --base-url http://lab:9000 --api-key-env \"\" --interval 10s";

void describe_server_fields(CLI::App* command, command::server_fields& into) {
    for (const field<model_server>& row : fields_of<model_server>()) {
        if (row.help.empty()) continue;
        std::string option = fmt::format("--{}", row.in_api);
        std::ranges::replace(option, '_', '-');
        const auto take = [&into, name = std::string(row.in_api)](std::string given) {
            into.values[name] = std::move(given);
        };
        if (row.argument.empty()) {
            const auto take_flag = [take](std::int64_t times) { take(times > 0 ? "true" : "false"); };
            command->add_flag_function(option, take_flag, std::string(row.help));
        } else {
            command->add_option_function<std::string>(option, take, std::string(row.help))
                ->type_name(std::string(row.argument))
                ->check(is_text());
        }
    }
    add_repeatable(command, "--env", into.env, "NAME=VALUE", "a variable for its agents; can be repeated")
        ->check(is_assignment());
}

void add_key_names(CLI::App* command, std::vector<std::string>& into, const char* description) {
    command->add_option("KEY", into, description)->type_name("")->check(rule([](const std::string& given) {
        return check_api_key_env(given) ? std::string() : std::string("is not the NAME of a key");
    }));
}

}  // namespace

void describe_servers(CLI::App* servers, invocation& into) {
    add_command<command::servers_list>(*servers, "list", "every model server with its state", into);

    const auto show = add_command<command::servers_show>(*servers, "show", "everything about one model server", into);
    add_name(show.app, show->name, "the server's name", "SERVER");

    const auto add = add_command<command::servers_add>(*servers, "add", "declare a model server", into);
    add_name(add.app, add->name, "its name");
    describe_server_fields(add.app, add->fields);
    add.app->get_option("--kind")->required();

    const auto set = add_command<command::servers_set>(*servers, "set", "change a model server", into);
    add_name(set.app, set->name, "the server's name", "SERVER");
    describe_server_fields(set.app, set->fields);
    add_repeatable(set.app, "--unset-env", set->fields.unset_env, "NAME", "take a variable out; can be repeated")
        ->check(is_variable());
    set.app->footer(set_examples);

    const auto remove = add_command<command::servers_remove>(*servers, "remove", "forget a model server", into);
    add_name(remove.app, remove->name, "the server's name", "SERVER");
    remove.app->add_flag("--force", remove->force, "also if delegators name it");
}

void describe_delegators(CLI::App* delegators, invocation& into) {
    add_command<command::delegators_list>(*delegators, "list", "every delegator", into);

    const auto show = add_command<command::delegators_show>(*delegators, "show", "everything about one", into);
    add_name(show.app, show->name, "the delegator's name", "DELEGATOR");

    const auto add = add_command<command::delegators_add>(*delegators, "add", "declare a delegator", into);
    add_name(add.app, add->name, "its name");
    add.app->add_option("--tool,--llm-tool", add->llm_tool, "the agent")
        ->required()
        ->type_name("TOOL")
        ->check(is_text());
    add.app->add_option("--model", add->model, "the model")->required()->type_name("MODEL")->check(is_text());
    add_text(add.app, "--model-server", add->model_server, "SERVER", "who serves it; none: the tool's own vendor");
    add_text(add.app, "--display-name", add->display_name, "TEXT", "for people");
    add.app->add_flag("--yolo", add->yolo, "the agent acts without asking");
    add_text(add.app, "--permission-mode", add->permission_mode, "MODE", "the agent's permission mode");
    add_repeatable(add.app, "--flag", add->flags, "FLAG", "an argument for the agent; can be repeated")
        ->check(is_text());
    add_text(add.app, "--reasoning-effort", add->reasoning_effort, "EFFORT", "of the model");

    const auto remove = add_command<command::delegators_remove>(*delegators, "remove", "forget a delegator", into);
    add_name(remove.app, remove->name, "the delegator's name", "DELEGATOR");
}

void describe_keys(CLI::App* keys, invocation& into) {
    add_command<command::keys_list>(*keys, "list", "the names of keys, where each is found and who uses it", into);
    const auto push = add_command<command::keys_push>(
        *keys, "push", "hand keys of this environment to operatord, which keeps them in memory only", into);
    add_key_names(push.app, push->names, "which; none: all that model servers use and that are set here");
    const auto forget = add_command<command::keys_forget>(*keys, "forget", "have operatord forget pushed keys", into);
    add_key_names(forget.app, forget->names, "which; none: all of them");
}

void describe_service(CLI::App* service, invocation& into) {
    const auto install = add_command<command::service_install>(
        *service, "install", "have systemd start operatord for you, at the first connection after each login", into);
    install.app->add_flag("--force", install->force, "replace units that something else has put there");
    add_command<command::service_uninstall>(
        *service, "uninstall", "stop that, and remove what install wrote; configuration and keys stay", into);
    add_command<command::service_status>(*service, "status", "what systemd says of it", into);
    const auto logs = add_command<command::service_logs>(*service, "logs", "the log of operatord", into);
    logs.app->add_option("SERVER", logs->server, "only what is about this model server")
        ->type_name("")
        ->check(is_name());
    logs.app->add_flag("-f,--follow", logs->follow, "go on with what comes");
}

}  // namespace opd
