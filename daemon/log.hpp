#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace opd {

/// The daemon's log, on stderr: plain lines with the time; with `<N>` syslog priorities instead of it (sd-daemon(3))
/// where stderr is the journal. `level` is one of `log_levels`.
std::shared_ptr<spdlog::logger> make_log(const std::string& level, bool to_journal);

/// Logs that something of ours (`a probe`) ended in an exception, which is a bug.
void log_bug(spdlog::logger&, std::string_view what, const std::exception_ptr&);

/// What `--log-level` takes.
inline constexpr const char* log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};

}  // namespace opd
