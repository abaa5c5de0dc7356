#include "daemon/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace opd {
namespace {

/// `%*`: the syslog priority of the message, as the journal reads it from the start of a line.
class syslog_priority final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        constexpr std::string_view by_level[] = {"<7>", "<7>", "<6>", "<4>", "<3>", "<2>", "<7>"};
        out.append(by_level[message.level]);
    }

    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<syslog_priority>(); }
};

}  // namespace

std::shared_ptr<spdlog::logger> make_log(const std::string& level, bool to_journal) {
    auto log = std::make_shared<spdlog::logger>("operatord", std::make_shared<spdlog::sinks::stderr_sink_st>());
    auto format = std::make_unique<spdlog::pattern_formatter>();
    format->add_flag<syslog_priority>('*').set_pattern(to_journal ? "%*%v" : "%Y-%m-%d %H:%M:%S.%e %-7l %v");
    log->set_formatter(std::move(format));
    log->set_level(spdlog::level::from_str(level));
    log->flush_on(spdlog::level::trace);
    return log;
}

void log_bug(spdlog::logger& log, std::string_view what, const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& bug) {
        log.error("{} ended in an exception, please report it: {}", what, bug.what());
    } catch (...) {
        log.error("{} ended in an unknown exception, please report it", what);
    }
}

}  // namespace opd
