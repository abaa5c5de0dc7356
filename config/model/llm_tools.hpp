#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace opd {

/// An agentic CLI that drives a coding session.
struct llm_tool {
    std::string_view name;             ///< also of its program
    std::string_view implicit_server;  ///< the builtin that it uses where a delegator names none
    std::span<const std::string_view>
        model_aliases;             ///< names of models that it knows itself; the first is its usual one
    std::string_view min_version;  ///< the oldest one that our recipe was tried with
    std::string_view install_hint;
    std::span<const std::string_view> version_env = {};  ///< `NAME=VALUE`, for a `--version` that leaves no trace
    std::string_view settings_file = {};  ///< of the package, for a tool that trusts root's files alone; empty: none
    std::string_view bridge_settings_file = {};  ///< the same for launches through the bridge
};

/// A home of the tool's own for the session: the user's, but for a settings file in it.
struct private_home {
    std::string variable;  ///< tells the tool where its home is
    std::string folder;    ///< in the home
    std::string file;      ///< in the folder: the user's own, with `settings` over it
    boost::json::object settings;
    std::vector<std::string> shared = {};  ///< folders in `folder` that are the user's own, made where they are missing
    std::vector<std::pair<std::string, std::string>> names =
        {};  ///< variables that name files of the user's own folder
};

std::span<const llm_tool> llm_tools();
const llm_tool* find_llm_tool(std::string_view name);

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
