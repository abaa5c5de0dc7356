#pragma once

#include "client/launch/environment.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace opd {

struct found_program {
    std::string path;
    bool executable = false;  ///< false: files of that name are there, but none may be executed; path is the first
};

/// Looks for a program as execvp(3) does, on the PATH of this environment. nullopt: nothing of that name is there.
std::optional<found_program> search_program(std::string_view name, const environment&);

}  // namespace opd
