#pragma once

#include "config/result.hpp"

#include <string>

namespace opd {

/// The operatord in the folder of this operatorctl: those two belong together.
result<std::string> program_beside(const std::string& operatorctl);

/// Whether two paths lead to one file; false where one leads nowhere.
bool is_same_file(const std::string&, const std::string&);

/// Whether the file is there and may be run.
bool may_run(const std::string& path);

}  // namespace opd
