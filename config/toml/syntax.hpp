#pragma once

#include "config/base/diagnostic.hpp"
#include "config/toml/layout.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

inline constexpr std::string_view how_to_write_a_value =
    "a value is a \"text\" in quotes, a number, true, false, [an array] or { an = \"inline table\" }";

/// Reads a TOML text from token to token, and stands still at the first fault in its syntax.
class syntax_reader {
public:
    syntax_reader(std::string_view text, std::size_t begin) : at(begin), text_(text), line_start_(begin) {}
    bool at_end() const { return fault || at >= text_.size(); }

    /// NUL behind the end.
    char sign(std::size_t ahead = 0) const { return at + ahead < text_.size() ? text_[at + ahead] : '\0'; }

    void fail(std::size_t from, std::size_t length, std::string message, std::string_view hint);

    /// Skips blanks and a comment; true: that was the rest of the line, and its end is behind, too.
    bool end_line();
    /// Blanks, comments, line breaks and commas.
    void skip_separators();

    toml_statement read_header();
    toml_statement read_pair();
    text_range read_value();

    std::size_t at;
    std::optional<toml_fault> fault;

private:
    bool is_line_end() const;
    bool is_closed(std::size_t bracket) const;
    void wrong(std::string_view message, std::string_view hint);
    void no_key();
    void too_deep();
    void skip_blanks();
    void skip_lines();
    std::vector<toml_key> read_key();
    toml_key read_key_part();
    void skip_list(bool is_table);
    void skip_word();
    void skip_text();
    void escape(bool long_form);
    void unicode_escape(std::size_t digits);

    std::string_view text_;
    std::size_t line_start_;
    std::size_t looked_back_ = 0;
    std::vector<std::size_t> open_;  ///< where the brackets around this place are
};

/// NUL and other control characters, and what is not UTF-8. nullopt: there is none.
std::optional<diagnostic> find_bad_bytes(const source_text&);

/// Whether the parser takes a text.
using text_check = std::function<bool(std::string_view)>;

/// Why the parser refuses a text whose syntax is right: a word is no value, or a name is defined twice.
diagnostic explain_refusal(const source_text&, const text_check& is_toml);

}  // namespace opd
