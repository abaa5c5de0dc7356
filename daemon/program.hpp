#pragma once

namespace opd {

/// operatord, from its command line to its exit code.
int run_operatord(int argc, const char* const* argv);

}  // namespace opd
