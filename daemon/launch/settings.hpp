#pragma once

#include "daemon/launch/choice.hpp"

#include <optional>
#include <string>
#include <vector>

namespace opd {

/// What a delegator wants of the agent besides the model, whatever the tool.
struct launch_settings {
    bool yolo = false;  ///< no questions: everything is allowed
    std::optional<std::string> permission_mode;
    std::optional<std::string> reasoning_effort;
    std::vector<std::string> flags;
    std::optional<std::string> prompt;  ///< between the delegator's prefix and suffix
    std::vector<std::string> warnings;  ///< what is configured, but not for us
};

/// The settings of the delegator, if there is one. A value of the wrong type is refused: the agent must not run with
/// other permissions than were meant.
launchable<launch_settings> read_settings(const launch_choice&, const std::optional<std::string>& prompt);

}  // namespace opd
