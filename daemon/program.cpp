
#include "config/base/exit_codes.hpp"
#include "config/base/paths.hpp"
#include "config/base/utf8.hpp"
#include "config/config.hpp"
#include "config/disk/config_file.hpp"
#include "daemon/app.hpp"
#include "daemon/listen/listen_plan.hpp"
#include "daemon/loop/log.hpp"
#include "daemon/state/config_store.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>
#include <span>
#include <utility>

namespace json = boost::json;

namespace opd {
namespace {

/// Why there is no start: for people at a terminal, or as an error in the journal.
void complain(const std::string& text) {
    const loop::log_form form = loop::log_form_of_stderr();
    if (form == loop::log_form::plain)
        fmt::print(stderr, "operatord: {}\n", text);
    else
        loop::make_log("error", form)->error("{}", text);
}

void complain(const problem& what) {
    complain(what.hint.empty() ? what.message : fmt::format("{}\n  {}", what.message, what.hint));
}

result<std::filesystem::path> config_file_of(const listen::daemon_options& options) {
    if (options.config_file) return std::filesystem::absolute(*options.config_file);
    return default_config_file(own_variable);
}

keys::key_places keys_of_user() {
    const auto file = default_keys_file(own_variable);
    return {.credentials = credentials_folder(own_variable),
            .keys_file = file ? std::optional(*file) : std::nullopt,
            .limits = {}};
}

result<listen::listen_plan> plan_of(const listen::daemon_options& options, const config& values, spdlog::logger& log) {
    const auto socket = default_socket(own_variable);
    if (!socket && !options.socket) log.warn("{}", socket.error().sentence());
    return listen::plan_listening(options, values, socket ? std::optional(socket->string()) : std::nullopt);
}

result<state::config_snapshot_ptr, diagnostic> load(const std::filesystem::path& file) {
    auto text = read_config_file(file);
    if (!text) return text.error();
    auto loaded = parse_config(text->text, file.string());
    if (!loaded) return loaded.error();
    return state::first_snapshot(std::move(*text), std::move(*loaded));
}

json::array encode_diagnostics(std::span<const diagnostic> all) {
    json::array list;
    for (const diagnostic& one : all)
        list.push_back({{"line", one.line},
                        {"column", one.column},
                        {"message", legible(one.message)},
                        {"hint", legible(one.hint)}});
    return list;
}

/// What is wrong with a configuration, for programs; where a line is 0 it is about the file as a whole.
std::string encode_check(const result<state::config_snapshot_ptr, diagnostic>& read,
                         const std::filesystem::path& file) {
    json::object out{{"ok", read.has_value()}, {"file", legible(file.string())}};
    if (read) {
        const loaded_config& loaded = (*read)->loaded;
        out.insert({{"exists", (*read)->file.exists},
                    {"model_servers", loaded.values.model_servers.size()},
                    {"delegators", loaded.values.delegators.size()},
                    {"errors", json::array()},
                    {"warnings", encode_diagnostics(loaded.warnings)}});
    } else {
        const diagnostic why = read.error();
        out.insert({{"errors", encode_diagnostics({&why, 1})}, {"warnings", json::array()}});
    }
    return json::serialize(out);
}

void print_check(const state::config_snapshot& read, const std::filesystem::path& file) {
    const loaded_config& loaded = read.loaded;
    for (const diagnostic& warning : loaded.warnings) fmt::print("warning: {}\n", warning.text());
    fmt::print("{}: {}, {} model servers, {} delegators, {} warnings\n", file.string(),
               read.file.exists ? "ok" : "not there, so the defaults are in force", loaded.values.model_servers.size(),
               loaded.values.delegators.size(), loaded.warnings.size());
}

}  // namespace

int run_operatord(int argc, const char* const* argv) {
    const listen::parsed_options parsed = listen::parse_options(argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    const listen::daemon_options& options = parsed.options;

    const auto file = config_file_of(options);
    if (!file) {
        complain(file.error());
        return exit_config;
    }
    const auto read = load(*file);
    if (options.json) {
        fmt::print("{}\n", encode_check(read, *file));
        return read ? 0 : exit_config;
    }
    if (!read) {
        complain(read.error().text());
        return exit_config;
    }
    const loaded_config& loaded = (*read)->loaded;
    if (options.check_config) {
        print_check(**read, *file);
        return 0;
    }

    const auto log = loop::make_log(options.log_level, loop::log_form_of_stderr());
    for (const diagnostic& warning : loaded.warnings) log->warn("{}", warning.sentence());
    const auto inherited = listen::plan_inherited(options, loaded.values, *log);
    if (!inherited) {
        complain(inherited.error());
        return exit_config;
    }
    const auto plan = *inherited ? result<listen::listen_plan>(**inherited) : plan_of(options, loaded.values, *log);
    if (!plan) {
        complain(plan.error());
        return exit_usage;
    }
    const auto state = default_state_folder(own_variable);
    if (!state)
        log->warn("no backups of the configuration are made: {}; {}", state.error().message, state.error().hint);
    const daemon_start start{.config_file = *file,
                             .state_folder = state ? std::optional(*state) : std::nullopt,
                             .configuration = *read,
                             .keys = keys_of_user(),
                             .plan = *plan};
    return run_daemon(start, *log);
}

}  // namespace opd
