#include "client/service/manager.hpp"

#include "client/launch/program.hpp"
#include "client/text.hpp"

#include <fmt/format.h>

#include <filesystem>

#include <unistd.h>

namespace opd {
namespace {

constexpr const char* without_systemd = "without systemd, start operatord by hand: operatord &";

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
    while (said.ends_with('\n'))
        said.remove_suffix(1);
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

}  // namespace opd
