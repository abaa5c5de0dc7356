#pragma once

#include <optional>
#include <string>

namespace opd {

/// A named pairing of an llm tool with a model and, optionally, a model server: a `[[delegators]]` block.
struct delegator {
    std::string name;
    std::string llm_tool;
    std::string model;
    std::optional<std::string> model_server;  ///< nullopt: the tool's implicit default
    std::optional<std::string> display_name;

    bool operator==(const delegator&) const = default;
};

}  // namespace opd
