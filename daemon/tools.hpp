#pragma once

#include "config/llm_tools.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// An llm tool whose program is there. Its version is not known: the program is not run.
struct found_tool {
    const llm_tool* tool = nullptr;
    std::filesystem::path path;
};

/// The first executable file of this name in the folders of a PATH (`/a:/b`). Folders that are not absolute are passed
/// over: nothing depends on the current directory.
std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view search_path);

/// The llm tools of the table that are there, in its order.
std::vector<found_tool> find_tools(std::string_view search_path);

/// `$PATH` of this process; empty where it is not set.
std::string own_search_path();

}  // namespace opd
