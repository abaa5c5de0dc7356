#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::systemd {

// What a service tells its manager (sd_notify(3), systemd.service(5) Type=notify). Nothing happens where there is none.

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

// The journal.

/// A field of a journal entry (systemd.journal-fields(7)): a name of A-Z, 0-9 and `_`, and any text.
using journal_field = std::pair<std::string_view, std::string_view>;

/// Whether what is written to this descriptor goes to the journal: `$JOURNAL_STREAM` is its device and inode
/// (systemd.exec(5)).
bool is_journal(int descriptor, const char* journal_stream);

/// The service that a process is in, `operatord.service`, from the text of its /proc/PID/cgroup (cgroups(7)); empty:
/// none.
std::string unit_in(std::string_view cgroup);

/// Writes one entry (sd_journal_sendv(3)). False: the journal does not take it.
bool send_to_journal(std::span<const journal_field>);

// Socket activation (sd_listen_fds(3), systemd.socket(5)): the manager listens, and hands its sockets to the service.

/// The FileDescriptorName= of our socket unit.
inline constexpr std::string_view own_socket_name = "rest";

/// A descriptor that the manager has handed over.
struct handed_over {
    int descriptor = -1;
    std::string name;  ///< `unknown` where the manager gave none
    int family = 0;    ///< AF_UNIX, AF_INET ...; 0: it is no socket
    int type = 0;      ///< SOCK_STREAM ...
    bool listening = false;
};

/// Which of them the daemon serves on. All others are to be closed.
struct inherited_sockets {
    std::vector<int> ours;
    std::vector<std::string> warnings;  ///< of what is ignored: a foreign name
    std::string error;                  ///< not empty: one with our name cannot be served on
};

/// Ours are those with our name, and those without any: the name of the socket unit itself, which is what the manager
/// takes without FileDescriptorName=, or `unknown`.
inherited_sockets choose_sockets(std::span<const handed_over>);

/// What the manager has handed to this process, close-on-exec; asked a second time, nothing. Children do not see the
/// variables that told of it.
std::vector<handed_over> take_inherited_sockets();

}  // namespace opd::systemd
