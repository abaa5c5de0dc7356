#include "systemd/notify.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>

namespace opd::systemd {
namespace {

/// A notification has one assignment in each line.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace(line, '\n', ' ');
    return line;
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

}  // namespace opd::systemd
