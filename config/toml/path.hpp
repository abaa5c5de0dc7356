#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace opd {

/// The way to a value from the root of a TOML document: names of members, and places in arrays, counted from 0.
using toml_path = std::vector<std::variant<std::string, std::size_t>>;

}  // namespace opd
