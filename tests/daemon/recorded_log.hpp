#pragma once

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace opd::test {

/// A log that keeps its lines, as `LEVEL TEXT`; any thread may write and read.
class recorded_log {
public:
    recorded_log() : kept_(std::make_shared<sink>()), logger_("test", kept_) {
        logger_.set_level(spdlog::level::trace);
    }

    spdlog::logger& logger() { return logger_; }

    std::vector<std::string> lines() const {
        const std::lock_guard lock(kept_->mutex);
        return kept_->lines;
    }

    /// Without what is only there for those who look for a fault.
    std::vector<std::string> transitions() const {
        std::vector<std::string> out = lines();
        std::erase_if(out, [](const std::string& line) { return line.starts_with("debug "); });
        return out;
    }

    bool contains(std::string_view line) const {
        for (const std::string& one : lines())
            if (one == line) return true;
        return false;
    }

private:
    struct sink final : spdlog::sinks::base_sink<spdlog::details::null_mutex> {
        void sink_it_(const spdlog::details::log_msg& message) override {
            const auto level = spdlog::level::to_string_view(message.level);
            const std::lock_guard lock(mutex);
            lines.push_back(fmt::format("{} {}", std::string_view(level.data(), level.size()),
                                        std::string_view(message.payload.data(), message.payload.size())));
        }

        void flush_() override {}

        mutable std::mutex mutex;
        std::vector<std::string> lines;
    };

    std::shared_ptr<sink> kept_;
    spdlog::logger logger_;
};

}  // namespace opd::test
