#include "client/service/service.hpp"

#include "client/commands/common.hpp"
#include "client/system.hpp"
#include "client/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace opd {
namespace {

/// Starting and stopping take their time: operatord has 10 s to end.
constexpr brief_limits service_limits{.time = std::chrono::seconds(30)};

/// systemctl's commands, one after the other.
result<void> change(const std::vector<std::vector<std::string>>& commands, const command_context& context) {
    for (const auto& words : commands)
        if (const auto end = systemctl(words, context.environment, service_limits); !end) return end.error();
    return {};
}

std::string lingering_words(const command_context& context) {
    const auto lingering = is_lingering(context.environment);
    if (!lingering) return {};
    if (*lingering) return "lingering is on: operatord stays when you log out\n";
    return "lingering is off: operatord ends with your last session; to keep it: loginctl enable-linger\n";
}

/// What stands in the way of writing the units; a message for the first that does.
result<void> check_owners(const std::vector<unit_file>& units) {
    const auto other = std::ranges::find_if(units, [](const unit_file& one) { return one.text && !one.is_ours(); });
    if (other == units.end()) return {};
    return problem(
        fmt::format("{} is there, and not from operatorctl service install", printable(other->path.string())),
        "--force replaces it");
}

/// Writes what is not there yet as it shall be; a line for each that was.
result<std::string> write_units(const std::vector<unit_file>& units, const std::vector<std::string>& texts) {
    std::string said;
    bool replaced = false;
    for (std::size_t i = 0; i != units.size(); ++i) {
        if (units[i].text == texts[i]) continue;
        if (const auto written = write_unit(units[i].path, texts[i]); !written) return written.error();
        said += fmt::format("{} written\n", printable(units[i].path.string()));
        replaced = replaced || units[i].text;
    }
    if (replaced) said += "an operatord that runs goes on as it is until: systemctl --user restart operatord.service\n";
    return said;
}

/// Makes sure that there are units that start this program, and says what was done for it.
result<std::string> provide_units(const std::string& program, bool force, const command_context& context) {
    const auto units = own_units(context.environment);
    if (!units) return units.error();
    const bool has_own = (*units)[0].text || (*units)[1].text;
    const auto packaged = packaged_service(context.environment);
    std::error_code leads_nowhere;
    if (!has_own && packaged && std::filesystem::equivalent(program_of_unit(*packaged->text), program, leads_nowhere))
        return fmt::format("{} starts this operatord already\n", printable(packaged->path.string()));
    if (const auto checked = check_owners(*units); !checked && !force) return checked.error();
    auto service = service_unit_for(program);
    if (!service) return service.error();
    return write_units(*units, {std::move(*service), socket_unit()});
}

/// The usual reason why systemd cannot listen: an operatord that was started by hand does.
std::string who_listens(const command_context& context) {
    const daemon_request health{.target = std::string(health_target)};
    const auto replies = context.ask({&health, 1}, usual_limit);
    if (!replies.front()) return {};
    return fmt::format("an operatord runs already at {}: end it, and try again\n", context.address);
}

/// The outcome of becoming one of systemd's programs.
outcome become(std::vector<std::string> argv, const command_context& context) {
    const auto program = search_program(argv.front(), context.environment);
    if (!program || !program->executable)
        return fail(exit_failed, fmt::format("there is no systemd here: {} is not on PATH", argv.front()));
    return {.becomes = successor{.path = program->path, .argv = std::move(argv), .environment = context.environment}};
}

}  // namespace

outcome run(const command::service_install& asked, const command_context& context) {
    if (const auto manager = find_user_manager(context.environment); !manager) return failed(manager.error());
    const auto program = program_beside(context.program);
    if (!program) return failed(program.error());
    const auto provided = provide_units(*program, asked.force, context);
    if (!provided) return failed(provided.error());
    const auto changed = change({{"daemon-reload"}, {"enable", "--now", std::string(socket_name)}}, context);
    if (!changed)
        return {.out = *provided, .err = failed(changed.error()).err + who_listens(context), .exit_code = exit_failed};
    return say(fmt::format("{}{} is enabled and listens; the first connection starts {}\n{}", *provided, socket_name,
                           printable(*program), lingering_words(context)));
}

outcome run(const command::service_uninstall&, const command_context& context) {
    if (const auto manager = find_user_manager(context.environment); !manager) return failed(manager.error());
    const auto units = own_units(context.environment);
    if (!units) return failed(units.error());
    const bool has_own = (*units)[0].text || (*units)[1].text;
    const auto packaged = packaged_service(context.environment);
    if (!has_own && !packaged) return say("operatord is not installed as a service: nothing was done\n");
    const auto stopped = change({{"disable", "--now", std::string(socket_name), std::string(service_name)}}, context);
    if (!stopped) return failed(stopped.error());
    outcome end = say(fmt::format("{} and {} are stopped and disabled\n", socket_name, service_name));
    for (const unit_file& unit : *units) {
        if (!unit.text) continue;
        const std::string path = printable(unit.path.string());
        if (!unit.is_ours()) {
            end.out += fmt::format("{} stays: it is not from operatorctl service install\n", path);
        } else if (::unlink(unit.path.c_str()) == 0) {
            end.out += fmt::format("{} removed\n", path);
        } else {
            end.err += fmt::format("cannot remove {}: {}\n", path, std::generic_category().message(errno));
            end.exit_code = exit_failed;
        }
    }
    if (packaged && !has_own)
        end.out += fmt::format("{} stays: it belongs to a package\n", printable(packaged->path.string()));
    if (const auto reloaded = change({{"daemon-reload"}}, context); !reloaded) {
        end.err += failed(reloaded.error()).err;
        end.exit_code = exit_failed;
    }
    return end;
}

outcome run(const command::service_status&, const command_context& context) {
    if (const auto manager = find_user_manager(context.environment); !manager) return failed(manager.error());
    return become({"systemctl", "--user", "status", std::string(service_name), std::string(socket_name)}, context);
}

outcome run(const command::service_logs& asked, const command_context& context) {
    std::vector<std::string> argv{"journalctl", "--user", "-u", "operatord"};
    if (!asked.server.empty()) argv.push_back("OPERATOR_SERVER=" + asked.server);
    if (asked.follow) argv.emplace_back("-f");
    return become(std::move(argv), context);
}

}  // namespace opd
