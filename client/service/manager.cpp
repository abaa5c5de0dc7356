#include "client/service/service.hpp"
#include "client/text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <unistd.h>

namespace opd {
namespace {

constexpr const char* without_systemd = "without systemd, start operatord by hand: operatord &";

namespace json = boost::json;

/// Takes everything before `end` off the front, and the end with it.
std::string_view take_until(std::string_view& rest, std::string_view end) {
    const std::size_t at = std::min(rest.find(end), rest.size());
    const std::string_view taken = rest.substr(0, at);
    rest.remove_prefix(std::min(at + end.size(), rest.size()));
    return taken;
}

/// Of `{ path=/usr/bin/operatord ; argv[]=/usr/bin/operatord ; ignore_errors=no ; ... }`.
std::string_view program_in(std::string_view commands) {
    take_until(commands, "path=");
    return take_until(commands, " ; ");
}

void set(unit_state& unit, std::string_view name, std::string_view value) {
    if (name == "LoadState") unit.load = value;
    if (name == "ActiveState") unit.active = value;
    if (name == "SubState") unit.sub = value;
    if (name == "Result") unit.result = value;
    if (name == "UnitFileState") unit.file_state = value;
    if (name == "FragmentPath") unit.file = value;
    if (name == "ExecStart") unit.program = program_in(value);
    if (name == "NeedDaemonReload") unit.needs_reload = value == "yes";
}

json::object fields_of(const unit_state& unit) {
    return {{"load", unit.load},     {"active", unit.active},         {"sub", unit.sub},
            {"result", unit.result}, {"file_state", unit.file_state}, {"file", unit.file}};
}

}  // namespace

result<std::string> find_user_manager(const environment& variables) {
    const auto found = search_program("systemctl", variables);
    if (!found || !found->executable)
        return problem("there is no systemd here: systemctl is not on PATH", without_systemd);
    const std::string folder = value_in(variables, "XDG_RUNTIME_DIR").value_or("");
    if (!folder.starts_with('/'))
        return problem("the systemd user manager cannot be found: XDG_RUNTIME_DIR is not set to an absolute path",
                       fmt::format("log in as this user (su and sudo do not do that), or: "
                                   "export XDG_RUNTIME_DIR=/run/user/{}",
                                   ::geteuid()));
    // What systemctl --user talks to.
    const std::string socket = folder + "/systemd/private";
    std::error_code ignored;
    if (!std::filesystem::exists(socket, ignored))
        return problem(fmt::format("no systemd user manager runs: {} is not there", printable(socket)),
                       without_systemd);
    return found->path;
}

result<program_end> systemctl(const std::vector<std::string>& words, const environment& variables,
                              brief_limits limits) {
    const auto program = find_user_manager(variables);
    if (!program) return program.error();
    std::vector<std::string> argv{"systemctl", "--user"};
    argv.insert(argv.end(), words.begin(), words.end());
    auto end = run_briefly(argv, variables, limits);
    if (!end || end->exit_code == 0) return end;
    std::string_view said = end->err;
    while (said.ends_with('\n')) said.remove_suffix(1);
    return problem(fmt::format("{} failed with exit code {}: {}", command_line_text(argv), end->exit_code,
                               said.empty() ? "it does not say why" : printable_lines(said)),
                   {});
}

result<service_units> ask_units(const environment& variables) {
    const auto shown = systemctl(
        {"show", fmt::format("--property={}", unit_properties), std::string(service_name), std::string(socket_name)},
        variables);
    if (!shown) return shown.error();
    return read_units(shown->out);
}

std::optional<bool> is_lingering(const environment& variables) {
    const auto user = fmt::format("{}", ::geteuid());
    const auto told = run_briefly({"loginctl", "show-user", "--property=Linger", "--value", user}, variables);
    if (!told) return std::nullopt;
    if (told->exit_code == 0) return told->out.starts_with("yes");
    // It knows of no user who is neither; anything else is that there is no logind.
    const bool is_neither = told->err.find("not logged in or lingering") != told->err.npos;
    return is_neither ? std::optional(false) : std::nullopt;
}

service_units read_units(std::string_view shown) {
    service_units out;
    while (!shown.empty()) {
        std::string_view block = take_until(shown, "\n\n");
        unit_state unit;
        std::string_view id;
        while (!block.empty()) {
            std::string_view value = take_until(block, "\n");
            const std::string_view name = take_until(value, "=");
            if (name == "Id") id = value;
            set(unit, name, value);
        }
        if (id == service_name)
            out.service = std::move(unit);
        else if (id == socket_name)
            out.socket = std::move(unit);
    }
    return out;
}

std::string state_words(const unit_state& unit) {
    if (unit.load == "not-found" || unit.load.empty()) return "not installed";
    if (!unit.is_there()) return printable(unit.load);
    const bool failed = unit.active == "failed";
    return printable(fmt::format("{} ({}), {}", unit.active, failed ? unit.result : unit.sub,
                                 unit.file_state.empty() ? "not enabled" : unit.file_state));
}

std::string encode_units(const service_units& units) {
    return json::serialize(json::object{{"service", fields_of(units.service)}, {"socket", fields_of(units.socket)}});
}

std::string state_words(const service_units& units) {
    return fmt::format("{} {}; {} {}", service_name, state_words(units.service), socket_name,
                       state_words(units.socket));
}

}  // namespace opd
