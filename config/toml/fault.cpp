
#include "config/base/utf8.hpp"
#include "config/toml/layout.hpp"
#include "config/toml/syntax.hpp"
#include "config/toml/writer.hpp"

#include <fmt/format.h>

#include <cctype>
#include <string>
#include <unordered_map>
#include <vector>

namespace opd {
namespace {

/// Finds what toml11 refuses in a text with the right syntax: a word that is no value, or a name that is taken.
class refusal_finder {
public:
    refusal_finder(const source_text& source, const toml_layout& layout, const text_check& is_toml)
        : source_(source), layout_(layout), is_toml_(is_toml) {}

    std::optional<diagnostic> find() {
        for (const toml_statement& statement : layout_.statements) {
            if (auto fault = fault_in_name(statement)) return fault;
            if (!statement.is_pair()) continue;
            if (auto fault = fault_in_value(statement.value)) return fault;
        }
        return std::nullopt;
    }

private:
    struct definition {
        const toml_statement* statement;
        bool implied;  ///< by the name of something in it
        bool is_open;  ///< there may be more below this name
    };

    diagnostic at(text_range place, std::string_view message, std::string_view hint) const {
        return source_.at(place.begin, place.size(), std::string(message), std::string(hint));
    }

    std::optional<diagnostic> fault_in_name(const toml_statement& statement) {
        const bool adds = statement.what == toml_statement::type::element;
        const std::size_t depth = statement.path.size();
        std::string path;
        for (std::size_t step = 0; step < depth; ++step) {
            const auto index = statement.index_at(step);
            path += index ? fmt::format("[{}]", *index) : "." + write_key(std::get<std::string>(statement.path[step]));
            const bool is_array = adds && step + 2 == depth;
            const bool is_whole = step + 1 == depth || is_array;
            const bool is_open = !is_whole || !statement.is_pair() || may_have_headers(statement.value);
            const auto [known, is_new] = names_.try_emplace(path, definition{&statement, !is_whole, is_open});
            if (is_new) continue;
            if (auto fault = conflict(statement, known->second, is_whole, is_array)) return fault;
            if (is_whole) known->second = {&statement, false, true};
        }
        return std::nullopt;
    }

    std::optional<diagnostic> conflict(const toml_statement& now, const definition& known, bool is_whole,
                                       bool is_array) const {
        const toml_statement& first = *known.statement;
        const bool goes_on = !is_whole  ? known.is_open
                             : is_array ? first.what == toml_statement::type::element && !known.implied
                                        : !now.is_pair() && !first.is_pair() && known.implied;
        if (goes_on) return std::nullopt;
        std::string name;
        for (const toml_key& part : is_whole ? now.key : first.key) name += (name.empty() ? "" : ".") + part.name;
        const std::size_t line = source_.line_of(first.value.begin);
        if (is_whole) {
            return at(now.value, fmt::format("{} is defined twice, first in line {}", in_quotes(name), line),
                      "remove one of the two; several tables of one name are written [[name]]");
        }
        return at(now.value, fmt::format("{} has its value in line {} and cannot be added to", in_quotes(name), line),
                  "write all of it there, or rename one of the two");
    }

    /// toml11 takes what is below the name of an array for a part of its last element.
    bool may_have_headers(text_range value) const {
        const std::string_view text = source_.text();
        if (text[value.begin] != '[') return false;
        const std::vector<text_range> elements = elements_of_array(text, value);
        return !elements.empty() && text[elements.back().begin] == '{';
    }

    std::optional<diagnostic> fault_in_value(text_range value) const {
        const char sign = source_.text()[value.begin];
        if (sign == '"' || sign == '\'') return std::nullopt;
        if (sign == '{') return refusal_finder(source_, layout_of_inline_table(source_.text(), value), is_toml_).find();
        if (sign != '[') return fault_in_word(value);
        for (const text_range& element : elements_of_array(source_.text(), value))
            if (auto fault = fault_in_value(element)) return fault;
        return std::nullopt;
    }

    std::optional<diagnostic> fault_in_word(text_range place) const {
        const std::string_view word = place.of(source_.text());
        if (is_toml_(fmt::format("x = {}", word))) return std::nullopt;
        const std::size_t digit = word.find_first_not_of("+-");
        const bool is_number = digit < word.size() && word[digit] >= '0' && word[digit] <= '9';
        if (!is_number) return at(place, "this is not a value", how_to_write_a_value);
        if (word.find(':') != word.npos || word.find('-', digit) == digit + 4) {
            return at(place, "this is not a date or a time",
                      "write it as 2024-12-31T23:59:59Z, or put a text in quotes");
        }
        const auto has_digit = [word](std::size_t i) {
            return i < word.size() && std::isxdigit(static_cast<unsigned char>(word[i])) != 0;
        };
        for (std::size_t i = word.find('_'); i != word.npos; i = word.find('_', i + 1)) {
            if (has_digit(i - 1) && has_digit(i + 1)) continue;
            return at({place.begin + i, place.begin + i + 1}, "a \"_\" in a number must stand between digits",
                      "take it out");
        }
        if (word[digit] == '0' && digit + 1 < word.size() && word[digit + 1] >= '0' && word[digit + 1] <= '9')
            return at(place, "a number must not start with 0", "leave the 0 out, or put a text in quotes");
        return at(place, "this is not a number", "put a text in quotes");
    }

    const source_text& source_;
    const toml_layout& layout_;
    const text_check& is_toml_;
    std::unordered_map<std::string, definition> names_;
};

}  // namespace

std::optional<diagnostic> find_bad_bytes(const source_text& source) {
    const std::string_view text = source.text();
    if (const std::size_t at = text.find('\0'); at != text.npos)
        return source.at(at, 1, "the file holds a NUL byte: it is binary, or UTF-16", "save it as plain text in UTF-8");
    if (const std::size_t at = find_invalid_utf8(text); at != text.npos) {
        return source.at(at, 1,
                         fmt::format("the byte 0x{:02X} is not UTF-8 here", static_cast<unsigned char>(text[at])),
                         "save the file in UTF-8");
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x20 && byte != 0x7F) continue;
        const bool line_break = byte == '\n' || (byte == '\r' && at + 1 < text.size() && text[at + 1] == '\n');
        if (byte == '\t' || line_break) continue;
        return source.at(at, 1, fmt::format("the control character 0x{:02X} must not be in the file", byte),
                         fmt::format("take it out, or write it in a \"text\" as \\u{:04X}", byte));
    }
    return std::nullopt;
}

diagnostic explain_refusal(const source_text& source, const text_check& is_toml) {
    if (auto fault = refusal_finder(source, layout_of_text(source.text()), is_toml).find()) return *fault;
    return source.whole("this is not TOML", "write KEY = VALUE, [TABLE] or [[TABLE]]; see https://toml.io");
}

}  // namespace opd
