#include "client/doctor/doctor.hpp"
#include "config/base/version.hpp"

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
    return {severity::ok, "service", state};
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
    return {severity::ok, "program", fmt::format("{}, version {}", program.path, program.version)};
}

constexpr mode_t for_others = 0077;

finding of_failure(const socket_facts& facts, const std::string& start) {
    using why = connection_failure::reason;
    const std::string& detail = facts.failure->detail;
    switch (facts.failure->why) {
        case why::not_there:
            return {severity::problem, "socket", fmt::format("operatord is not running at {}", facts.address), start};
        case why::forbidden:
            return {severity::problem, "socket", fmt::format("{}: {}", facts.address, detail),
                    "run operatorctl as the user who runs operatord"};
        case why::foreign:
            return {severity::problem, "socket",
                    fmt::format("{} is served by a process of another user ({})", facts.address, detail),
                    "find out who has put it there"};
        case why::timed_out:
            return {severity::problem, "socket", fmt::format("operatord at {} does not answer", facts.address),
                    "systemctl --user restart operatord.service"};
        case why::unknown_host:
        case why::ended:
        case why::broken: break;
    }
    return {severity::problem, "socket", fmt::format("what answers at {} is not operatord: {}", facts.address, detail),
            "end that program, and start operatord"};
}

/// What is wrong with the owner or the mode; both are told of files that are there.
void check_access(const path_facts& file, const std::string& path, const socket_facts& facts, findings& into) {
    if (!file.exists) return;
    if (file.owner != facts.user)
        into.push_back({severity::problem, "socket",
                        fmt::format("{} belongs to another user (uid {})", path, file.owner),
                        "find out who has put it there; another place: operatord --socket PATH"});
    else if ((file.mode & for_others) != 0)
        into.push_back({severity::warning, "socket",
                        fmt::format("{} is open to other users (mode {:04o})", path, file.mode),
                        fmt::format("chmod go= {}", path)});
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
        out.push_back({severity::ok, "lingering",
                       *facts.lingering
                           ? "on: operatord stays when you log out"
                           : "off: operatord ends with your last session; loginctl enable-linger keeps it"});
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

findings check_socket(const socket_facts& facts, const std::string& start) {
    findings out;
    if (facts.path.empty())
        out.push_back({severity::problem, "socket", "XDG_RUNTIME_DIR is not set to an absolute path",
                       fmt::format("log in as this user (su and sudo do not do that), or: "
                                   "export XDG_RUNTIME_DIR=/run/user/{}",
                                   facts.user)});
    if (facts.socket.exists && !facts.socket.is_right_kind)
        out.push_back({severity::problem, "socket", fmt::format("{} is not a socket", facts.path),
                       fmt::format("rm {}", facts.path)});
    if (facts.is_usual) check_access(facts.folder, facts.path.substr(0, facts.path.rfind('/')), facts, out);
    check_access(facts.socket, facts.path, facts, out);
    if (facts.failure) {
        out.push_back(of_failure(facts, start));
    } else if (!facts.refusal.empty()) {
        out.push_back({severity::problem, "socket", fmt::format("operatord at {}: {}", facts.address, facts.refusal),
                       "operatorctl service logs"});
    } else if (facts.version != version()) {
        out.push_back({severity::warning, "socket",
                       fmt::format("operatord at {} is of version {}, and this operatorctl of version {}",
                                   facts.address, facts.version, version()),
                       "systemctl --user restart operatord.service"});
    } else if (!facts.path.empty() && !facts.socket.exists) {
        out.push_back({severity::warning, "socket",
                       fmt::format("operatord answers, but not at {}, which launch and keys need", facts.path),
                       "systemctl --user restart operatord.socket operatord.service"});
    } else {
        out.push_back(
            {severity::ok, "socket", fmt::format("operatord answers at {}, version {}", facts.address, facts.version)});
    }
    return out;
}

}  // namespace opd
