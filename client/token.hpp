#pragma once

#include "config/result.hpp"
#include "config/secret.hpp"

#include <string>

namespace opd {

/// The token for an operatord on another machine: a file of one line.
result<secret> read_token(const std::string& file);

}  // namespace opd
