#pragma once

#include <cstddef>
#include <string>

namespace opd {

/// Something about a configuration file, with its place. Line and column count from 1; 0 means the file as a whole.
/// Columns count bytes.
struct diagnostic {
    std::string file;
    std::size_t line = 0;
    std::size_t column = 0;
    std::size_t length = 0;   ///< bytes to underline, 0: just the place
    std::string source_line;  ///< the offending line, without its line break, cut to a readable length
    std::string message;
    std::string hint;  ///< what to do; empty where the message says it all

    /// `FILE:LINE:COLUMN: MESSAGE`, or `FILE: MESSAGE`.
    std::string headline() const;
    /// The headline and the hint in one line.
    std::string sentence() const;
    /// The headline with the offending line, a marker below it, and the hint, as compilers show it; no trailing
    /// newline.
    std::string text() const;
};

}  // namespace opd
