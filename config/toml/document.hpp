#pragma once

#include "config/toml/layout.hpp"
#include "config/toml/writer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

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

    /// The header of the table `name` in the element of the same array that is nearest among those that have that
    /// member; null where that one is written in another way, or there is none.
    const toml_statement* table_beside(const toml_statement& element, std::string_view name) const;

private:
    std::size_t begin_before(const toml_statement&) const;
    std::size_t end_behind(const toml_statement&) const;
    std::size_t up(std::size_t at, std::size_t limit, bool comments) const;
    std::size_t down(std::size_t at, std::size_t limit, bool comments) const;
    bool is_comment(std::size_t line) const;

    std::string bytes_;
    toml_layout layout_;
};

/// A TOML text that is to be changed in some places. Statements are always those of the text as it was.
class toml_document {
public:
    explicit toml_document(std::string_view text) : original_(text), text_(text) {}
    const toml_text& text() const { return text_; }
    const toml_layout& layout() const { return text_.layout(); }

    void replace(const text_range&, std::string written);
    /// A whole table, or a pair. Of the blank lines around a table those before it go with it, so that what was
    /// appended can be removed without a trace.
    void remove(const toml_statements&);

    /// `behind` is a pair, or the table's header. The key is as it is to be written.
    void add_pair(const toml_statement& behind, const std::string& key, const boost::json::value&);
    /// The header that a table of this depth does not have yet, since only tables within it have one; `next` is the
    /// first of these.
    void add_header(const toml_statement& next, std::size_t depth, const boost::json::object& members);
    /// A table of the element with the header `owner`, written as `like`, which is another element's header of it.
    void add_table(const toml_statement& owner, const toml_statement& like, const boost::json::object& members);
    /// A new element of an array of tables: it imitates the one with the header `like`, and stands behind `last`.
    void add_element(const toml_statement& like, const toml_statement& last, const boost::json::object& members);
    /// A new table or, with two brackets, the first element of an array, at the end.
    void add_at_end(const std::string& header, const boost::json::object& members);

    /// With all changes. There is a line break at the end if there was one.
    std::string edited() const;

private:
    /// What comes to the same place stands in this order there, so that each pair is below its header.
    enum class rank : std::uint8_t { change, pair, header, table, element };

    struct splice {
        std::size_t end;
        std::string written;
    };

    void insert(std::size_t at, rank, std::string written);
    void remove_lines(const toml_statement& first, const toml_statement& last);
    void add_block(toml_text::gap, rank, std::size_t blank_lines, std::string block);
    std::size_t blank_lines_between_elements(const toml_statement& like) const;
    std::string_view header_like(const toml_statement&) const;
    std::string block(std::string_view header, toml_pair_style, const boost::json::object& members,
                      std::string_view line_break) const;

    std::string_view original_;
    toml_text text_;
    std::map<std::size_t, toml_pair_style> styles_;  ///< of the sections that get new pairs
    std::multimap<std::pair<std::size_t, rank>, splice>
        splices_;  ///< by their begin; equal ones in the order they came
};

}  // namespace opd
