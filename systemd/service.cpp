#include "systemd/service.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace opd::systemd {
namespace {

/// A notification has one assignment in each line.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace(line, '\n', ' ');
    return line;
}

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

std::string status_text(std::size_t servers, std::size_t reachable, std::string_view config_error) {
    std::string text = fmt::format("{} server{}, {} reachable", servers, servers == 1 ? "" : "s", reachable);
    if (!config_error.empty()) text.append("; the configuration file is broken: ").append(config_error);
    return one_line(text);
}

void notify_ready(std::string_view status) {
    sd_notify(0, fmt::format("READY=1\nSTATUS={}", one_line(status)).c_str());
}

void notify_reloading() {
    // The time is for managers that know Type=notify-reload, and ignored by others.
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
    sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()).c_str());
}

void notify_status(std::string_view status) { sd_notify(0, fmt::format("STATUS={}", one_line(status)).c_str()); }
void notify_stopping() { sd_notify(0, "STOPPING=1\nSTATUS=stopping"); }
void feed_watchdog() { sd_notify(0, "WATCHDOG=1"); }

std::chrono::microseconds watchdog_time() {
    std::uint64_t time = 0;
    return std::chrono::microseconds(sd_watchdog_enabled(0, &time) > 0 ? time : 0);
}

bool is_journal(int descriptor, const char* journal_stream) {
    struct stat found{};
    if (journal_stream == nullptr || ::fstat(descriptor, &found) != 0) return false;
    return fmt::format("{}:{}", found.st_dev, found.st_ino) == journal_stream;
}

std::string unit_in(std::string_view cgroup) {
    while (!cgroup.empty()) {
        const std::string_view line = cgroup.substr(0, cgroup.find('\n'));
        cgroup.remove_prefix(std::min(line.size() + 1, cgroup.size()));
        const bool is_systemds = line.starts_with("0::") || line.find(":name=systemd:") != std::string_view::npos;
        const std::string_view last = line.substr(line.rfind('/') + 1);
        if (is_systemds && last.ends_with(".service")) return std::string(last);
    }
    return {};
}

bool send_to_journal(std::span<const journal_field> fields) {
    std::vector<std::string> texts;
    texts.reserve(fields.size());
    std::vector<iovec> parts;
    for (const auto& [name, value] : fields) {
        std::string& text = texts.emplace_back(fmt::format("{}={}", name, value));
        parts.push_back({.iov_base = text.data(), .iov_len = text.size()});
    }
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

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
