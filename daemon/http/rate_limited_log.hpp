#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace opd::http {

/// Keeps something that others can cause as often as they like from filling the log.
class rate_limited_log {
public:
    using clock = std::chrono::steady_clock;

    explicit rate_limited_log(clock::duration pause = std::chrono::minutes(1)) : pause_(pause) {}

    /// It has happened. A text: it is time to log it, and that belongs at the end of the line.
    std::optional<std::string> happened(clock::time_point now) {
        if (last_ && now - *last_ < pause_) {
            ++unmentioned_;
            return std::nullopt;
        }
        last_ = now;
        const std::size_t before = std::exchange(unmentioned_, 0);
        return before == 0 ? std::string() : fmt::format(" (and {} times more since this was last logged)", before);
    }

private:
    clock::duration pause_;
    std::optional<clock::time_point> last_;
    std::size_t unmentioned_ = 0;
};

}  // namespace opd::http
