#pragma once

#include "config/toml/table_diff.hpp"
#include "config/toml/text.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace opd {

/// A TOML text that is to be changed in some places. Statements are always those of the text as it was.
class toml_document {
public:
    explicit toml_document(std::string_view text) : original_(text), text_(text) {}

    const toml_text& text() const { return text_; }

    const toml_layout& layout() const { return text_.layout(); }

    void apply(const table_changes&);
    void replace(const text_range&, std::string written);
    /// A whole table, or a pair. Of the blank lines around a table those before it go with it, so that what was
    /// appended can be removed without a trace.
    void remove(const toml_statements&);

    /// A new element of an array of tables: it imitates the one with the header `like`, and stands behind `last`.
    void add_element(const toml_statement& like, const toml_statement& last, const boost::json::object& members);
    /// A new table or, with two brackets, the first element of an array, at the end.
    void add_at_end(const std::string& header, const boost::json::object& members);

    /// With all changes. There is a line break at the end if there was one.
    std::string edited() const;

private:
    struct splice {
        std::size_t end;
        std::string written;
    };

    void insert(std::size_t at, std::string written);
    void remove_lines(const toml_statement& first, const toml_statement& last);
    void add_pair(const table_changes::new_pair&);
    std::size_t before_first_header() const;
    void add_table(const table_changes::new_table&);
    void add_header(const table_changes::new_header&);
    void add_block(toml_text::gap, std::size_t blank_lines, std::string block);
    std::size_t blank_lines_between_elements(const toml_statement& like) const;
    std::string header_like(const toml_statement&) const;
    std::string block(std::string_view header, toml_pair_style, const boost::json::object& members,
                      std::string_view line_break) const;

    std::string_view original_;
    toml_text text_;
    std::map<std::size_t, toml_pair_style> styles_;  ///< of the sections that get new pairs
    std::multimap<std::size_t, splice> splices_;     ///< by their begin; equal ones in the order they came
};

}  // namespace opd
