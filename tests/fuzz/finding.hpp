#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace opd::test {

/// Ends the program with what should not have happened, so that the fuzzer keeps the input.
[[noreturn]] inline void report_finding(std::string_view what) {
    fmt::print(stderr, "{}\n", what);
    std::abort();
}

}  // namespace opd::test
