#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

// What a service tells its manager (sd_notify(3), systemd.service(5) Type=notify). Nothing happens where there is none.

namespace opd::systemd {

/// `7 servers, 5 reachable`, and why the configuration on disk is not in force, if it is not.
std::string status_text(std::size_t servers, std::size_t reachable, std::string_view config_error);

/// The service answers, or answers again after a reload.
void notify_ready(std::string_view status);
/// It takes over another configuration; notify_ready() ends that.
void notify_reloading();
/// One line for people, shown by `systemctl status`.
void notify_status(std::string_view status);
void notify_stopping();
/// The event loop turns.
void feed_watchdog();

/// How often the manager wants to hear from the watchdog at least (WatchdogSec=); zero: it does not.
std::chrono::microseconds watchdog_time();

}  // namespace opd::systemd
