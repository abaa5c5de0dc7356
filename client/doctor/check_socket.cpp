#include "client/doctor/checks.hpp"
#include "config/version.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

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
        case why::broken:
            break;
    }
    return {severity::problem, "socket", fmt::format("what answers at {} is not operatord: {}", facts.address, detail),
            "end that program, and start operatord"};
}

/// What is wrong with the owner or the mode; both are told of files that are there.
void check_access(const path_facts& file, const std::string& path, const socket_facts& facts, findings& into) {
    if (!file.exists) return;
    if (file.owner != facts.user) {
        into.push_back({severity::problem, "socket",
                        fmt::format("{} belongs to another user (uid {})", path, file.owner),
                        "find out who has put it there; another place: operatord --socket PATH"});
    } else if ((file.mode & for_others) != 0) {
        into.push_back({severity::warning, "socket",
                        fmt::format("{} is open to other users (mode {:04o})", path, file.mode),
                        fmt::format("chmod go= {}", path)});
    }
}

}  // namespace

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
        out.push_back({severity::ok,
                       "socket",
                       fmt::format("operatord answers at {}, version {}", facts.address, facts.version),
                       {}});
    }
    return out;
}

}  // namespace opd
