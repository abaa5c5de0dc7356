#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace opd::bridge {

/// Appends JSON text: what is ours gets written, what is passed on (`raw`) stays as it came, which no library's values
/// can do. Commas are put where they belong; the caller balances the brackets.
class json_text {
public:
    explicit json_text(std::string& out) : out_(out), start_(out.size()) {}

    json_text& open(char bracket);   ///< `{` or `[`
    json_text& close(char bracket);  ///< `}` or `]`
    json_text& key(std::string_view name);
    /// Also escapes U+2028 and U+2029, at which some agents take a line for ended.
    json_text& text(std::string_view);
    /// What stands between the quotes of a JSON string already, with a plain prefix.
    json_text& quoted(std::string_view prefix, std::string_view escaped);
    json_text& number(std::uint64_t);
    json_text& flag(bool);
    json_text& null();
    json_text& raw(std::string_view json);

    /// `"name": value` in one.
    json_text& member(std::string_view name, std::string_view value) { return key(name).text(value); }

private:
    void separate();

    std::string& out_;
    std::size_t start_;
};

/// Appends the text as it stands between the quotes of a JSON string.
void escape_json(std::string_view text, std::string& out);

}  // namespace opd::bridge
