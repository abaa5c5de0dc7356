#pragma once

#include "config/toml/layout.hpp"
#include "config/toml/pair_style.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// A TOML text with its statements, and what is around them.
class toml_text {
public:
    /// Where the last line has no line break, it gets one.
    explicit toml_text(std::string_view bytes);
    toml_text(const toml_text&) = delete;
    toml_text& operator=(const toml_text&) = delete;

    std::string_view bytes() const { return bytes_; }

    const toml_layout& layout() const { return layout_; }

    /// The statements that speak of a value or of what is in it, in the order of the text.
    toml_statements within(const toml_path&) const;

    /// A place between lines where something new can stand.
    struct gap {
        std::size_t at = 0;
        bool is_glued = false;  ///< what follows does so without a blank line
    };

    /// Behind a statement and the comments that belong to it. Those that are followed by another statement without a
    /// blank line belong to that.
    gap behind(const toml_statement&) const;
    /// Behind the last line that is not blank.
    std::size_t end_of_content() const;
    /// Where the comments directly above a statement begin, or it itself.
    std::size_t above(const toml_statement&) const;
    /// Before these comments.
    std::size_t blank_lines_above(const toml_statement&) const;

    /// The lines before and behind a statement that are blank, up to the next one that is not.
    text_range blanks_before(const toml_statement&) const;
    text_range blanks_behind(const toml_statement&) const;

    /// As the line before that place has it.
    std::string_view line_break_at(std::size_t place) const;

    toml_statements pairs_of(std::size_t section) const;
    /// Of new pairs in a section, after the example of those there, else of those of another section.
    toml_pair_style style_in(std::size_t section) const;
    /// Of pairs in a section that is yet to be written behind that one.
    toml_pair_style style_behind(std::size_t section) const;

private:
    struct line {
        text_range place;
        bool is_comment = false;  ///< else it is blank
    };

    std::vector<line> lines_before(const toml_statement&) const;
    std::vector<line> lines_behind(const toml_statement&) const;
    std::vector<line> lines(std::size_t begin, std::size_t end) const;

    std::string bytes_;
    toml_layout layout_;
};

}  // namespace opd
