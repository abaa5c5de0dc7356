#include "systemd/inherited_sockets.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <memory>

#include <sys/socket.h>

namespace opd::systemd {
namespace {

int option_of(int descriptor, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

handed_over describe(int descriptor, const char* name) {
    return {.descriptor = descriptor,
            .name = name,
            .family = option_of(descriptor, SO_DOMAIN),
            .type = option_of(descriptor, SO_TYPE),
            .listening = option_of(descriptor, SO_ACCEPTCONN) != 0};
}

bool is_ours(std::string_view name) {
    return name == own_socket_name || name == "operatord.socket" || name == "unknown" || name.empty();
}

/// Empty: nothing.
std::string_view what_is_wrong(const handed_over& one) {
    if (one.family == 0) return "it is not a socket";
    if (one.family != AF_UNIX && one.family != AF_INET && one.family != AF_INET6)
        return "it is neither a unix socket nor one for TCP";
    if (one.type != SOCK_STREAM) return "it is not a stream socket; the unit must say ListenStream=";
    if (!one.listening) return "nobody listens on it; the unit must say Accept=no";
    return {};
}

}  // namespace

inherited_sockets choose_sockets(std::span<const handed_over> all) {
    inherited_sockets chosen;
    for (const handed_over& one : all) {
        if (!is_ours(one.name)) {
            chosen.warnings.push_back(
                fmt::format("ignoring inherited descriptor {} with the name \"{}\"; ours have FileDescriptorName={}",
                            one.descriptor, one.name, own_socket_name));
            continue;
        }
        const std::string_view wrong = what_is_wrong(one);
        if (!wrong.empty()) {
            chosen.error = fmt::format("cannot serve on inherited descriptor {}: {}", one.descriptor, wrong);
            return chosen;
        }
        chosen.ours.push_back(one.descriptor);
    }
    return chosen;
}

std::vector<handed_over> take_inherited_sockets() {
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    std::vector<handed_over> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(describe(SD_LISTEN_FDS_START + i, names[i]));
        std::free(names[i]);
    }
    std::free(static_cast<void*>(names));
    return all;
}

}  // namespace opd::systemd
