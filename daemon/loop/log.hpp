#pragma once

#include <spdlog/fwd.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd::loop {

/// In which form the log goes to stderr.
enum class log_form : std::uint8_t {
    plain,     ///< lines with time and level
    prefixed,  ///< lines with `<N>` syslog priorities (sd-daemon(3)), for whoever passes them on to the journal
    journal,   ///< entries with fields, for stderr is the journal itself
};

/// From `$JOURNAL_STREAM` (systemd.exec(5)): `prefixed` where it is set, but stderr has been sent elsewhere since.
log_form log_form_of_stderr();

/// The daemon's log. `level` is one of `log_levels`.
std::shared_ptr<spdlog::logger> make_log(const std::string& level, log_form);

/// While it lives, what this thread logs has these fields in the journal, besides MESSAGE and PRIORITY:
/// `journalctl --user -u operatord OPERATOR_SERVER=lab`. One at a time, and not across a `co_await`.
class log_fields {
public:
    /// A name (systemd.journal-fields(7)) and its value, which must live as long.
    using field = std::pair<std::string_view, std::string_view>;

    log_fields(std::initializer_list<field>);
    log_fields(const log_fields&) = delete;
    log_fields& operator=(const log_fields&) = delete;
    ~log_fields();

    /// Those of this thread; empty where there are none.
    static const std::vector<field>& current();

private:
    std::vector<field> fields_;
};

/// A message as the log may show it: without what could harm a terminal or mislead a reader, and with its further lines
/// indented, so that none of them is taken for a message of its own.
std::string log_text(std::string_view message);

/// Logs that something of ours (`a probe`) ended in an exception, which is a bug.
void log_bug(spdlog::logger&, std::string_view what, const std::exception_ptr&);

/// What `--log-level` takes.
inline constexpr const char* log_levels[] = {"trace", "debug", "info", "warn", "error", "off"};

}  // namespace opd::loop
