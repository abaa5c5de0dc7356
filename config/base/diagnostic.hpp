#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

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

/// The text of a file, and how to speak about places in it.
class source_text {
public:
    /// `text` must outlive this. A line ends at LF; a CR before it is not part of it.
    source_text(std::string file, std::string_view text);

    std::string_view text() const { return text_; }

    /// Line of a byte offset, counted from 1.
    std::size_t line_of(std::size_t offset) const;

    /// A diagnostic about `length` bytes at `offset`; it is cut at the end of the line. The line itself is quoted only
    /// where it cannot hold a secret.
    diagnostic at(std::size_t offset, std::size_t length, std::string message, std::string hint) const;

    /// A diagnostic about the file as a whole.
    diagnostic whole(std::string message, std::string hint) const;

private:
    std::string_view line(std::size_t number) const;
    bool may_be_quoted(std::size_t number) const;

    std::string file_;
    std::string_view text_;
    std::vector<std::size_t> starts_;  ///< offset of each line
};

}  // namespace opd
