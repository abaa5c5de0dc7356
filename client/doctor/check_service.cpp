#include "client/doctor/checks.hpp"
#include "config/version.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

constexpr const char* install = "operatorctl service install";
constexpr const char* enable = "systemctl --user enable --now operatord.socket";

finding of_state(const service_facts& facts) {
    const service_units& units = *facts.units;
    const unit_state& service = units.service;
    const bool active = service.is_active() || units.socket.is_active();
    const bool enabled = service.is_enabled() || units.socket.is_enabled();
    const std::string state = state_words(units);
    if (service.load == "masked" || units.socket.load == "masked")
        return {severity::problem, "service", state, "systemctl --user unmask operatord.service operatord.socket"};
    if (service.load.empty() || service.load == "not-found") {
        if (facts.daemon_answers)
            return {severity::warning, "service",
                    "operatord runs, but not as a service: it will not be there after the next login", install};
        return {severity::warning, "service", "operatord is not installed as a service", install};
    }
    if (!service.is_there())
        return {severity::problem, "service", fmt::format("systemd cannot use operatord.service: {}", service.load),
                "systemd-analyze --user verify operatord.service"};
    if (service.active == "failed" || units.socket.active == "failed")
        return {severity::problem, "service", state, "see why: operatorctl service logs"};
    if (!active && facts.daemon_answers)
        return {severity::warning, "service", fmt::format("operatord runs, but not as the service: {}", state),
                fmt::format("end it, and then: {}", enable)};
    if (!active) return {severity::warning, "service", state, enable};
    if (!enabled)
        return {severity::warning, "service", fmt::format("it will not be there after the next login: {}", state),
                "systemctl --user enable operatord.socket"};
    return {severity::ok, "service", state, {}};
}

finding of_program(const service_facts& facts) {
    const program_facts& program = facts.program;
    const std::string repair = facts.beside.empty() || facts.beside == program.path
                                   ? "install operatord and operatorctl again, both of one version"
                                   : install;
    if (program.path.empty())
        return {severity::warning, "program", "there is no operatord beside this operatorctl", repair};
    if (!program.may_run)
        return {severity::problem, "program", fmt::format("{} is not there, or cannot be run", program.path), repair};
    if (program.version.empty())
        return {severity::problem, "program", fmt::format("{} does not tell its version", program.path), repair};
    if (program.version != version())
        return {severity::warning, "program",
                fmt::format("{} is of version {}, and this operatorctl of version {}", program.path, program.version,
                            version()),
                repair};
    return {severity::ok, "program", fmt::format("{}, version {}", program.path, program.version), {}};
}

}  // namespace

findings check_service(const service_facts& facts) {
    findings out;
    if (!facts.units) {
        out.push_back({severity::warning, "service", facts.why_unknown.message, facts.why_unknown.hint});
        out.push_back(of_program(facts));
        return out;
    }
    out.push_back(of_state(facts));
    if (facts.units->service.needs_reload || facts.units->socket.needs_reload)
        out.push_back({severity::warning, "service", "the units have changed since systemd has read them",
                       "systemctl --user daemon-reload"});
    out.push_back(of_program(facts));
    if (facts.lingering)
        out.push_back({severity::ok,
                       "lingering",
                       *facts.lingering ? "on: operatord stays when you log out"
                                        : "off: operatord ends with your last session; loginctl enable-linger keeps it",
                       {}});
    return out;
}

std::string how_to_start(const service_facts& facts) {
    if (!facts.units) return "operatord &";
    const unit_state& service = facts.units->service;
    if (service.load.empty() || service.load == "not-found") return install;
    if (service.active == "failed" || facts.units->socket.active == "failed")
        return "once that is repaired: systemctl --user restart operatord.socket operatord.service";
    return enable;
}

}  // namespace opd
