#include "config/base/completion.hpp"
#include "config/base/exit_codes.hpp"
#include "config/base/version.hpp"
#include "daemon/listen/listen_plan.hpp"
#include "daemon/loop/log.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace opd::listen {
namespace {

constexpr const char* footer = R"(
Files:
  ~/.config/operator/operator.toml          the configuration; without it the builtin servers are probed
  $XDG_RUNTIME_DIR/operator/operatord.sock  the unix socket that operatorctl uses

Examples:
  operatord --check-config                  look for mistakes in the configuration, and end
  operatord --listen 127.0.0.1:0 --socket none
                                            any free port; the log tells which
Exit status: 0 ok, 64 wrong usage, 69 the port or socket is taken, 70 internal error, 77 not permitted,
78 the configuration is broken.)";

void describe(CLI::App& app, daemon_options& options) {
    app.set_version_flag("--version", fmt::format("operatord {}", version()));
    app.add_option("--config", options.config_file, "The configuration file")->type_name("FILE");
    app.add_option(
           "--listen", options.listen,
           "Serve REST on this address instead of the configured ones; `none` for no TCP at all; may be repeated")
        ->type_name("HOST:PORT")
        ->expected(1)
        ->take_all();
    app.add_option("--socket", options.socket,
                   "Serve REST on this unix socket instead of the default one; `none` for none")
        ->type_name("PATH");
    auto* check = app.add_flag("--check-config", options.check_config,
                               "Read the configuration, report what is wrong with it, and end");
    app.add_flag("--json", options.json, "Report it as one JSON document")->needs(check);
    app.add_option("--log-level", options.log_level, "How much to log")
        ->type_name("LEVEL")
        ->check(CLI::IsMember(std::vector<std::string>(std::begin(loop::log_levels), std::end(loop::log_levels))))
        ->capture_default_str();
    app.footer(footer);
}

}  // namespace

parsed_options parse_options(int argc, const char* const* argv) {
    parsed_options out;
    CLI::App app("Keeps the model servers of coding agents in view: probes them, and serves their models over REST.",
                 "operatord");
    describe(app, out.options);
    // What the shell asks while a command line is typed (client/completion).
    if (argc > 1 && std::string_view(argv[1]) == "__complete") {
        const std::vector<std::string> typed(argv + 2, argv + argc);
        fmt::print("{}", completion_lines(complete(app, typed)));
        out.exit_code = 0;
        return out;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        out.exit_code = app.exit(stop) == 0 ? 0 : exit_usage;
    }
    return out;
}

}  // namespace opd::listen
