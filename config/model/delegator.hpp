#pragma once

#include <boost/json/object.hpp>

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
    // Tables of any content. What JSON does not know (a date, inf) is its text as written.
    std::optional<boost::json::object> model_properties;
    std::optional<boost::json::object> launch_config;
    std::optional<boost::json::object> remote_agent;  ///< marks an export-only delegator, that cannot be launched here

    bool operator==(const delegator&) const = default;
};

}  // namespace opd
