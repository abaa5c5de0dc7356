#pragma once

#include <span>
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
};

std::span<const llm_tool> llm_tools();
const llm_tool* find_llm_tool(std::string_view name);

}  // namespace opd
