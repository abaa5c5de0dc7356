#pragma once

#include "config/base/diagnostic.hpp"
#include "config/base/result.hpp"
#include "config/toml/parse.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// Getters over a parsed document that check what they get. A value that is not there is nullopt; one of the wrong type
/// or range is refused and nullopt as well. The first refusal is kept, so that a caller may read everything and ask
/// once at the end; warnings are collected beside it.
class toml_reader {
public:
    /// `source` must outlive this.
    explicit toml_reader(const source_text& source) : source_(source) {}

    std::optional<std::string> text(const toml_node& table, std::string_view key);
    /// As `text`; refuses a table without it, and an empty text. `example` is a line to write.
    std::string required_text(const toml_node& table, std::string_view key, std::string_view example);
    std::optional<bool> flag(const toml_node& table, std::string_view key);
    std::optional<std::int64_t> integer(const toml_node& table, std::string_view key, std::int64_t least,
                                        std::int64_t most);
    /// An interval or a timeout.
    std::optional<std::chrono::milliseconds> pace(const toml_node& table, std::string_view key);

    /// The elements of an array of texts; empty where it is not there. The views live as long as the document.
    std::vector<const toml_node*> texts(const toml_node& table, std::string_view key);
    const toml_node* table(const toml_node& parent, std::string_view key);                ///< `[key]`; null: not there
    std::vector<const toml_node*> tables(const toml_node& parent, std::string_view key);  ///< `[[key]]`, in file order

    /// Warns about keys that are not among the known ones; it is the typo that would otherwise pass in silence.
    void expect_keys(const toml_node& table, std::string_view name, std::span<const std::string_view> known);

    void refuse(const toml_node& value, const problem&);
    void warn(const toml_node& value, const problem&);
    /// About the name of a member of a table, rather than its value.
    void refuse_key(const toml_node& member, const problem&);
    void warn_key(const toml_node& member, const problem&);

    std::size_t line_of(const toml_node& value) const { return source_.line_of(value.offset); }
    const std::optional<diagnostic>& error() const { return error_; }

    /// In file order; a great many are cut off.
    std::vector<diagnostic> take_warnings();

private:
    /// The member, if it has the type; another type is refused. `hint` makes the text; good values need none.
    template <class Hint>
    const toml_node* member(const toml_node& table, std::string_view key, toml_node::type wanted, const Hint& hint);
    void add_warning(diagnostic);

    const source_text& source_;
    std::optional<diagnostic> error_;
    std::vector<diagnostic> warnings_;
    std::size_t more_warnings_ = 0;
};

}  // namespace opd
