#include "client/command_line.hpp"

#include "client/text.hpp"
#include "config/names.hpp"
#include "config/suggest.hpp"
#include "config/utf8.hpp"
#include "config/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <string_view>
#include <vector>

namespace opd {
namespace {

constexpr const char* examples =
    "Examples:\n"
    "  operatorctl status                        the daemon, and every model server with its state\n"
    "  operatorctl models                        the models of all reachable servers\n"
    "  operatorctl models ollama-local           the models of one server\n"
    "  operatorctl models lab --refresh          ask the server again, now\n"
    "  operatorctl servers show lab              how one server is declared, and what is wrong with it\n"
    "  operatorctl --json models lab | jq -r '.models[].id'\n"
    "\n"
    "Exit codes: 0 ok, 1 the answer is no (unknown or unreachable server), 64 usage,\n"
    "69 operatord is not reachable, 70 internal error, 77 no permission";

std::string check_server_name(const std::string& name) {
    const auto checked = check_name(name);
    return checked ? std::string() : checked.error().message;
}

CLI::App* add_command(CLI::App& parent, const char* name, const char* description, invocation& into, verb what) {
    CLI::App* command = parent.add_subcommand(name, description);
    command->fallthrough();
    command->callback([&into, what] { into.what = what; });
    return command;
}

void describe(CLI::App& app, invocation& into) {
    app.set_version_flag("--version", fmt::format("operatorctl {}", version()));
    app.require_subcommand(1);
    auto* url = app.add_option("--url", into.url, "ask operatord at http://HOST:PORT")->type_name("URL");
    app.add_option("--socket", into.socket, "ask operatord at this unix socket")->type_name("PATH")->excludes(url);
    app.add_flag("--json", into.json, "answer with one JSON document, as the daemon gave it");

    add_command(app, "status", "the daemon, and every model server with its state", into, verb::status);

    CLI::App* servers = app.add_subcommand("servers", "the model servers: list (the default), show NAME");
    servers->fallthrough();
    servers->require_subcommand(0, 1);
    servers->preparse_callback([&into](std::size_t) { into.what = verb::servers_list; });
    add_command(*servers, "list", "every model server with its state", into, verb::servers_list);
    CLI::App* show = add_command(*servers, "show", "everything about one model server", into, verb::servers_show);
    show->add_option("NAME", into.server, "the server's name")
        ->required()
        ->type_name("")
        ->check(CLI::Validator(check_server_name, ""));

    CLI::App* models =
        add_command(app, "models", "the models of one server, or of all that are reachable", into, verb::models);
    models->add_option("SERVER", into.server, "the server's name; none: all")
        ->type_name("")
        ->check(CLI::Validator(check_server_name, ""));
    models->add_flag("--refresh", into.refresh, "ask the server now instead of showing the last answer");

    add_command(app, "kinds", "the kinds of model servers that operatord knows", into, verb::kinds);
    add_command(app, "health", "the daemon alone", into, verb::health);
    app.footer(examples);  // last: subcommands inherit it
}

/// An unknown first word is no subcommand for CLI11, so that it only misses one.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const std::vector<std::string> left_over = app.remaining(true);
    if (left_over.empty() || left_over.front().starts_with('-') || !app.get_subcommands().empty()) return error.what();
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({}))
        names.push_back(command->get_name());
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string suggestion = did_you_mean(closest_or_part(left_over.front(), candidates));
    return fmt::format("unknown command {}{}{}", in_quotes(left_over.front()), suggestion.empty() ? "" : "; ",
                       suggestion);
}

}  // namespace

std::variant<invocation, outcome> parse_command_line(int argc, const char* const* argv) {
    invocation into;
    CLI::App app("The models of your model servers, from the daemon operatord.", "operatorctl");
    describe(app, into);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return outcome{.out = app.help(), .err = {}, .exit_code = 0};
    } catch (const CLI::CallForVersion& version_text) {
        return outcome{.out = fmt::format("{}\n", version_text.what()), .err = {}, .exit_code = 0};
    } catch (const CLI::ParseError& error) {
        return outcome{
            .out = {},
            .err = fmt::format("operatorctl: {}\nTry: operatorctl --help\n", printable(usage_error(app, error))),
            .exit_code = exit_usage};
    }
    return into;
}

}  // namespace opd
