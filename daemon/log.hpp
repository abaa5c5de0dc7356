#pragma once

#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace opd {

/// The daemon's log, on stderr: plain lines with the time; with `<N>` syslog priorities instead of it (sd-daemon(3))
/// where stderr is the journal. `level` is one of `log_levels`.
std::shared_ptr<spdlog::logger> make_log(const std::string& level, bool to_journal);

/// What `--log-level` takes.
inline constexpr const char* log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};

}  // namespace opd
