#include "daemon/loop/log.hpp"

#include "config/base/utf8.hpp"
#include "systemd/service.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace opd::loop {
namespace {

/// The syslog priority (syslog(3)).
std::string_view priority_of(spdlog::level::level_enum level) {
    static constexpr std::array<std::string_view, spdlog::level::n_levels> by_level{"7", "7", "6", "4", "3", "2", "7"};
    return by_level.at(static_cast<std::size_t>(level));
}

thread_local const std::vector<log_fields::field>* fields_of_this_thread = nullptr;

std::string_view view(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }

/// `%*`: the priority of the message, as the journal reads it from the start of a line.
class syslog_priority final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        out.push_back('<');
        out.append(priority_of(message.level));
        out.push_back('>');
    }

    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<syslog_priority>(); }
};

/// `%$`: the message.
class safe_message final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        out.append(log_text(view(message.payload)));
    }

    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<safe_message>(); }
};

std::string own_unit() {
    std::ifstream file("/proc/self/cgroup");
    return systemd::unit_in(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()));
}

class journal_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string text = log_text(view(message.payload));
        std::vector<systemd::journal_field> fields{
            {"MESSAGE", text}, {"PRIORITY", priority_of(message.level)}, {"SYSLOG_IDENTIFIER", "operatord"}};
        // What `journalctl --user -u` looks for, too: the journal does not always know whose process is whose.
        if (!unit_.empty()) fields.emplace_back("USER_UNIT", unit_);
        const auto& more = log_fields::current();
        fields.insert(fields.end(), more.begin(), more.end());
        systemd::send_to_journal(fields);
    }

    void flush_() override {}

    const std::string unit_ = own_unit();
};

std::shared_ptr<spdlog::sinks::sink> make_sink(log_form form) {
    if (form == log_form::journal) return std::make_shared<journal_sink>();
    auto lines = std::make_shared<spdlog::sinks::stderr_sink_st>();
    auto format = std::make_unique<spdlog::pattern_formatter>();
    format->add_flag<syslog_priority>('*').add_flag<safe_message>('$');
    format->set_pattern(form == log_form::prefixed ? "%*%$" : "%Y-%m-%d %H:%M:%S.%e %-7l %$");
    lines->set_formatter(std::move(format));
    return lines;
}

}  // namespace

std::string log_text(std::string_view message) {
    std::string text;
    while (!message.empty()) {
        const std::string_view line = message.substr(0, message.find('\n'));
        message.remove_prefix(line.size());
        text += legible(line);
        if (message.empty()) break;
        message.remove_prefix(1);
        text += "\n  ";
    }
    return text;
}

log_form log_form_of_stderr() {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    if (stream == nullptr) return log_form::plain;
    return systemd::is_journal(STDERR_FILENO, stream) ? log_form::journal : log_form::prefixed;
}

std::shared_ptr<spdlog::logger> make_log(const std::string& level, log_form form) {
    auto log = std::make_shared<spdlog::logger>("operatord", make_sink(form));
    log->set_level(spdlog::level::from_str(level));
    log->flush_on(spdlog::level::trace);
    return log;
}

log_fields::log_fields(std::initializer_list<field> fields) : fields_(fields) { fields_of_this_thread = &fields_; }
log_fields::~log_fields() { fields_of_this_thread = nullptr; }

const std::vector<log_fields::field>& log_fields::current() {
    static const std::vector<field> none;
    return fields_of_this_thread == nullptr ? none : *fields_of_this_thread;
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

}  // namespace opd::loop
