#include "client/command_line.hpp"

#include "client/text.hpp"
#include "config/completion.hpp"
#include "config/names.hpp"
#include "config/suggest.hpp"
#include "config/utf8.hpp"
#include "config/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace opd {
namespace {

using words = std::vector<std::string>;

constexpr const char* examples =
    "Examples:\n"
    "  operatorctl status                        the daemon, and every model server with its state\n"
    "  operatorctl models                        the models of all reachable servers\n"
    "  operatorctl models lab --refresh          ask one server again, now\n"
    "  operatorctl servers add lab --kind openai-compat --base-url http://lab:8000 --api-key-env LAB_KEY\n"
    "  operatorctl use lab                       let its agent use that server from now on\n"
    "  operatorctl launch                        start the agent\n"
    "  operatorctl launch --print                see how it would be started\n"
    "  operatorctl --json models lab | jq -r '.models[].id'\n"
    "\n"
    "Exit codes: 0 ok, 1 the answer is no (unknown or unreachable server, refused change), 64 usage,\n"
    "69 operatord is not reachable, 70 internal error, 77 no permission.\n"
    "launch ends as the agent does; 126 and 127: the agent's program cannot be run, is not there";

constexpr const char* launch_examples =
    "Examples:\n"
    "  operatorctl launch                                     the default agent\n"
    "  operatorctl launch --delegator codex-lab -- resume     what stands behind -- goes to the agent as it is\n"
    "  operatorctl launch --llm-tool codex --model qwen2.5-coder --model-server ollama-local\n"
    "  operatorctl launch --delegator codex-lab --script ./codex-lab.sh";

constexpr const char* set_examples =
    "Only what is given is changed; an empty text takes a field out:\n"
    "  operatorctl servers set lab --base-url http://lab:9000 --api-key-env \"\"";

CLI::Validator rule(std::function<std::string(const std::string&)> check) {
    return {[check = std::move(check)](std::string& given) { return check(given); }, ""};
}

/// Texts go to the daemon in JSON.
const CLI::Validator& is_text() {
    static const CLI::Validator check = rule([](const std::string& given) {
        return find_invalid_utf8(given) == given.npos ? std::string() : std::string("is not UTF-8");
    });
    return check;
}

const CLI::Validator& is_name() {
    static const CLI::Validator check = rule([](const std::string& given) {
        const auto checked = check_name(given);
        return checked ? std::string() : checked.error().message;
    });
    return check;
}

const CLI::Validator& is_variable() {
    static const CLI::Validator check = rule([](const std::string& given) {
        const auto checked = check_env_name(given);
        return checked ? std::string() : checked.error().message;
    });
    return check;
}

/// The value may be a secret and is not repeated.
const CLI::Validator& is_assignment() {
    static const CLI::Validator check = rule([](const std::string& given) {
        const std::size_t equals = given.find('=');
        if (equals == given.npos) return std::string("is not of the form NAME=VALUE");
        const auto name = check_env_name(std::string_view(given).substr(0, equals));
        if (!name) return name.error().message;
        const auto value = check_env_value(std::string_view(given).substr(equals + 1));
        return value ? std::string() : value.error().message;
    });
    return check;
}

/// A command of the command line, and the T that its options fill.
template <class T>
struct described {
    CLI::App* app;
    std::shared_ptr<T> filled;

    T* operator->() const { return filled.get(); }
};

/// Adds a command. Once it is read to its end, it is what was asked for.
template <class T>
described<T> add_command(CLI::App& parent, const char* name, const char* description, invocation& into) {
    auto filled = std::make_shared<T>();
    CLI::App* command = parent.add_subcommand(name, description);
    command->fallthrough();
    command->callback([&into, filled] { into.what = *filled; });
    return {command, std::move(filled)};
}

CLI::App* add_group(CLI::App& parent, const char* name, const char* description) {
    CLI::App* group = parent.add_subcommand(name, description);
    group->fallthrough();
    group->require_subcommand(0, 1);
    return group;
}

void add_name(CLI::App* command, std::string& into, const char* description, const char* shown = "NAME") {
    command->add_option(shown, into, description)->required()->type_name("")->check(is_name());
}

/// CLI11 would make no difference between an empty text and none.
CLI::Option* add_text(CLI::App* command, const char* name, std::optional<std::string>& into, const char* type,
                      const char* description) {
    return command
        ->add_option_function<std::string>(
            name, [&into](const std::string& given) { into = given; }, description)
        ->type_name(type)
        ->check(is_text());
}

/// An option that can be repeated. CLI11 would read texts such as `[a,b]` and `{}` as lists.
CLI::Option* add_repeatable(CLI::App* command, const char* name, words& into, const char* type,
                            const char* description) {
    return command->add_option_function<words>(
                      name, [](const words&) {}, description)
        ->allow_extra_args(false)
        ->each([&into](const std::string& given) { into.push_back(given); })
        ->type_name(type);
}

void describe_server_fields(CLI::App* command, command::server_fields& into) {
    add_text(command, "--base-url", into.base_url, "URL", "where it is, with or without the API version");
    add_text(command, "--api-key-env", into.api_key_env, "VARIABLE",
             "the NAME of the variable that holds its key, never the key");
    add_text(command, "--display-name", into.display_name, "TEXT", "for people");
    command->add_option_function<words>(
               "--env", [](const words&) {}, "a variable for its agents; can be repeated")
        ->allow_extra_args(false)
        ->check(is_assignment())
        ->each([&into](const std::string& given) {
            const std::size_t equals = std::min(given.find('='), given.size());
            into.env.emplace_back(given.substr(0, equals), given.substr(std::min(equals + 1, given.size())));
        })
        ->type_name("NAME=VALUE");
}

void describe_servers(CLI::App* servers, invocation& into) {
    servers->preparse_callback([&into](std::size_t) { into.what = command::servers_list(); });
    add_command<command::servers_list>(*servers, "list", "every model server with its state", into);

    const auto show = add_command<command::servers_show>(*servers, "show", "everything about one model server", into);
    add_name(show.app, show->name, "the server's name", "SERVER");

    const auto add = add_command<command::servers_add>(*servers, "add", "declare a model server", into);
    add_name(add.app, add->name, "its name");
    add_text(add.app, "--kind", add->fields.kind, "KIND", "what it is; operatorctl kinds lists them")->required();
    describe_server_fields(add.app, add->fields);

    const auto set = add_command<command::servers_set>(*servers, "set", "change a model server", into);
    add_name(set.app, set->name, "the server's name", "SERVER");
    add_text(set.app, "--kind", set->fields.kind, "KIND", "what it is");
    describe_server_fields(set.app, set->fields);
    add_repeatable(set.app, "--unset-env", set->fields.unset_env, "NAME", "take a variable out; can be repeated")
        ->check(is_variable());
    set.app->footer(set_examples);

    const auto remove = add_command<command::servers_remove>(*servers, "remove", "forget a model server", into);
    add_name(remove.app, remove->name, "the server's name", "SERVER");
    remove.app->add_flag("--force", remove->force, "also if delegators name it");
}

void describe_delegators(CLI::App* delegators, invocation& into) {
    delegators->preparse_callback([&into](std::size_t) { into.what = command::delegators_list(); });
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

/// A command that is not among the words is named, and no more: to describe them all takes as long as the rest of a
/// launch. Without words all are described.
void describe(CLI::App& app, invocation& into, const words* given) {
    const auto said = [given](const char* word) {
        return given == nullptr || std::ranges::find(*given, word) != given->end();
    };
    app.set_version_flag("--version", fmt::format("operatorctl {}", version()));
    app.require_subcommand(1);
    auto* url = app.add_option("--url", into.url, "ask operatord at http://HOST:PORT")->type_name("URL");
    app.add_option("--socket", into.socket, "ask operatord at this unix socket")->type_name("PATH")->excludes(url);
    app.add_flag("--json", into.json, "answer with one JSON document, as the daemon gave it");

    add_command<command::status>(app, "status", "the daemon, and every model server with its state", into);
    CLI::App* servers = add_group(app, "servers", "the model servers: list (the default), show, add, set, remove");
    if (said("servers")) describe_servers(servers, into);
    const auto models =
        add_command<command::models>(app, "models", "the models of one server, or of all that are reachable", into);
    if (said("models")) describe_models(models);
    add_command<command::kinds>(app, "kinds", "the kinds of model servers that operatord knows", into);
    CLI::App* delegators =
        add_group(app, "delegators", "llm tools paired with models: list (the default), show, add, remove");
    if (said("delegators")) describe_delegators(delegators, into);
    add_command<command::tools>(app, "tools", "the agents that are installed, and the default", into);
    const auto use = add_command<command::use>(app, "use", "make a model server the default of its agent", into);
    if (said("use")) describe_use(use);
    const auto launch = add_command<command::launch>(app, "launch", "become an agent that uses a model server", into);
    if (said("launch")) describe_launch(launch);
    add_command<command::health>(app, "health", "the daemon alone", into);
    app.footer(examples);  // last: subcommands inherit it
}

/// An unknown first word is no subcommand for CLI11, so that it only misses one.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const words left_over = app.remaining(true);
    if (left_over.empty() || left_over.front().starts_with('-') || !app.get_subcommands().empty()) return error.what();
    words names;
    for (const CLI::App* command : app.get_subcommands({}))
        names.push_back(command->get_name());
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string suggestion = did_you_mean(closest_or_part(left_over.front(), candidates));
    return fmt::format("unknown command {}{}{}", in_quotes(left_over.front()), suggestion.empty() ? "" : "; ",
                       suggestion);
}

outcome refuse(std::string_view text) {
    return {.out = {},
            .err = fmt::format("operatorctl: {}\nTry: operatorctl --help\n", printable(text)),
            .exit_code = exit_usage};
}

/// What CLI11 cannot express. Empty: nothing is wrong.
std::string misuse(const invocation& asked) {
    const auto* launch = std::get_if<command::launch>(&asked.what);
    if (launch == nullptr) return {};
    if (asked.url)
        return "launch needs the unix socket of operatord, since it hides values of extra_env from --url; leave --url "
               "out, or name the socket with --socket PATH";
    if (asked.json && !launch->print) return "--json goes with launch --print";
    return {};
}

bool takes_value(const CLI::App& app, const std::string& word) {
    const auto is_it = [&word](const CLI::Option* option) {
        return option->get_items_expected_max() > 0 && option->check_name(word);
    };
    return !app.get_options(is_it).empty() ||
           std::ranges::any_of(app.get_subcommands({}),
                               [&word](const CLI::App* sub) { return takes_value(*sub, word); });
}

/// `--name=` as two words: CLI11 would take the word behind it for the value.
words with_empty_values(words given, const CLI::App& app) {
    for (std::size_t i = 0; i < given.size(); ++i) {
        const bool ends_empty = given[i].starts_with("--") && given[i].find('=') == given[i].size() - 1;
        if (!ends_empty || (i > 0 && takes_value(app, given[i - 1]))) continue;
        given[i].pop_back();
        given.insert(given.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::string());
    }
    return given;
}

struct reading {
    std::variant<invocation, outcome> result;
    bool of_launch = false;
};

reading read(words given) {
    invocation into;
    CLI::App app("The models of your model servers, from the daemon operatord.", "operatorctl");
    describe(app, into, &given);
    const auto of_launch = [&app] { return app.got_subcommand("launch"); };
    try {
        given = with_empty_values(std::move(given), app);
        std::ranges::reverse(given);  // as CLI11 wants them
        app.parse(std::move(given));
    } catch (const CLI::CallForHelp&) {
        return {outcome{.out = app.help(), .err = {}, .exit_code = 0}, of_launch()};
    } catch (const CLI::CallForVersion& version_text) {
        return {outcome{.out = fmt::format("{}\n", version_text.what()), .err = {}, .exit_code = 0}, of_launch()};
    } catch (const CLI::ParseError& error) {
        return {refuse(usage_error(app, error)), of_launch()};
    }
    if (const std::string wrong = misuse(into); !wrong.empty()) return {refuse(wrong), of_launch()};
    return {std::move(into), of_launch()};
}

/// What the shell asks while a command line is typed (client/completion).
std::variant<invocation, outcome> answer_completion(std::span<const std::string> typed) {
    invocation unused;
    CLI::App app("", "operatorctl");
    describe(app, unused, nullptr);
    const completion found = complete(app, typed);
    if (found.names.empty()) return outcome{.out = completion_lines(found), .err = {}, .exit_code = 0};
    return invocation{.what = command::names{.of = found.names, .typed = typed.back()}, .url = {}, .socket = {}};
}

}  // namespace

std::variant<invocation, outcome> parse_command_line(int argc, const char* const* argv) {
    const words all(argv + std::min(argc, 1), argv + argc);
    if (!all.empty() && all.front() == "__complete") return answer_completion(std::span(all).subspan(1));
    const auto separator = std::ranges::find(all, "--");
    // What launch passes on never goes through CLI11, which would take it for options of ours or drop a second `--`.
    reading first = read(words(all.begin(), separator));
    if (separator == all.end()) return std::move(first.result);
    if (!first.of_launch) return read(all).result;
    if (auto* asked = std::get_if<invocation>(&first.result))
        std::get<command::launch>(asked->what).arguments.assign(separator + 1, all.end());
    return std::move(first.result);
}

}  // namespace opd
