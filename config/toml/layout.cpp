#include "config/toml/layout.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

namespace opd {
namespace {

unsigned hex_digit(char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

void append_utf8(std::string& to, unsigned code) {
    const auto tail = [&to, code](unsigned shift) { to += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        to += static_cast<char>(code);
    } else if (code < 0x800) {
        to += static_cast<char>(0xC0U | (code >> 6U));
        tail(0);
    } else if (code < 0x10000) {
        to += static_cast<char>(0xE0U | (code >> 12U));
        tail(6), tail(0);
    } else {
        to += static_cast<char>(0xF0U | (code >> 18U));
        tail(12), tail(6), tail(0);
    }
}

/// What is between the quotes of a "key".
std::string without_escapes(std::string_view written) {
    static constexpr std::string_view letters = "btnfr";
    static constexpr std::string_view meanings = "\b\t\n\f\r";
    std::string plain;
    for (std::size_t at = 0; at < written.size(); ++at) {
        if (written[at] != '\\' || at + 1 == written.size()) {
            plain += written[at];
            continue;
        }
        const char c = written[++at];
        if (c == 'u' || c == 'U') {
            const std::string_view digits = written.substr(at + 1, c == 'u' ? 4 : 8);
            unsigned code = 0;
            for (const char digit : digits) {
                code = code * 16 + hex_digit(digit);
            }
            append_utf8(plain, code);
            at += digits.size();
        } else {
            const std::size_t letter = letters.find(c);
            plain += letter == letters.npos ? c : meanings[letter];
        }
    }
    return plain;
}

/// Walks over a text from token to token.
class cursor {
public:
    cursor(std::string_view text, std::size_t begin) : at(begin), text_(text) {}

    char sign() const { return at < text_.size() ? text_[at] : '\0'; }

    bool at_end() const { return at >= text_.size(); }

    void skip_blanks() {
        while (sign() == ' ' || sign() == '\t') {
            ++at;
        }
    }

    /// To behind the next line break.
    void skip_line() { at = std::min(text_.find('\n', at), text_.size() - 1) + 1; }

    /// Blanks, line breaks, comments and commas.
    void skip_separators() {
        for (; !at_end(); ++at) {
            const char c = sign();
            if (c == '#') {
                at = std::min(text_.find('\n', at), text_.size() - 1);
            } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != ',') {
                return;
            }
        }
    }

    std::vector<toml_key> read_key() {
        std::vector<toml_key> key;
        while (true) {
            skip_blanks();
            key.push_back(read_key_part());
            skip_blanks();
            if (sign() != '.') return key;
            ++at;
        }
    }

    text_range read_value() {
        const std::size_t begin = at;
        const char c = sign();
        if (c == '"' || c == '\'') {
            skip_string();
        } else if (c == '[' || c == '{') {
            skip_brackets();
        } else {
            at = std::min(text_.find_first_of(",]}#\r\n", at), text_.size());
            while (at > begin && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) {
                --at;
            }
        }
        return {begin, at};
    }

    toml_statement read_pair() {
        toml_statement pair;
        pair.key = read_key();
        if (sign() == '=') ++at;
        skip_blanks();
        pair.value = read_value();
        pair.lines = {pair.key.front().place.begin, pair.value.end};
        return pair;
    }

    std::size_t at;

private:
    toml_key read_key_part() {
        const std::size_t begin = at;
        const char c = sign();
        if (c == '"' || c == '\'') {
            skip_string();
            const std::string_view inside = text_.substr(begin + 1, std::max<std::size_t>(at - begin, 2) - 2);
            return {c == '"' ? without_escapes(inside) : std::string(inside), {begin, at}};
        }
        at = std::min(text_.find_first_of(" \t.=]\r\n", at), text_.size());
        return {std::string(text_.substr(begin, at - begin)), {begin, at}};
    }

    void skip_string() {
        const char quote = sign();
        const bool long_form = text_.substr(at, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''");
        at += long_form ? 3 : 1;
        while (!at_end()) {
            const char c = sign();
            if (c == '\\' && quote == '"') {
                at += 2;
            } else if (c != quote) {
                ++at;
            } else if (!long_form) {
                ++at;
                return;
            } else {
                const std::size_t run = std::min(text_.find_first_not_of(quote, at), text_.size()) - at;
                // Up to two quotes may stand before the three that close.
                at += std::min<std::size_t>(run, 5);
                if (run >= 3) return;
            }
        }
        at = text_.size();
    }

    void skip_brackets() {
        std::size_t open = 0;
        while (!at_end()) {
            const char c = sign();
            if (c == '"' || c == '\'') {
                skip_string();
                continue;
            }
            if (c == '#') {
                at = std::min(text_.find('\n', at), text_.size() - 1);
            } else if (c == '[' || c == '{') {
                ++open;
            } else if ((c == ']' || c == '}') && --open == 0) {
                ++at;
                return;
            }
            ++at;
        }
    }

    std::string_view text_;
};

/// Knows how many elements the arrays of tables have so far.
class array_counter {
public:
    /// The place of what a header names; `[[name]]` adds an element.
    toml_path path_of(const toml_statement& header) {
        toml_path path;
        std::size_t table = 0;
        for (std::size_t i = 0; i < header.key.size(); ++i) {
            const std::string& name = header.key[i].name;
            path.emplace_back(name);
            const bool adds = header.what == toml_statement::type::element;
            if (!adds && table == unknown) continue;
            node* found = find(table, name, adds);
            if (found == nullptr) {
                table = unknown;
                continue;
            }
            if (adds && i + 1 == header.key.size()) {
                ++found->elements;
                found->table = next_table_++;
            }
            if (found->elements > 0) path.emplace_back(found->elements - 1);
            table = found->table;
        }
        return path;
    }

private:
    static constexpr std::size_t unknown = static_cast<std::size_t>(-1);

    struct node {
        std::size_t elements = 0;  ///< 0: it is no array
        std::size_t table = 0;     ///< the last element of the array, or the table itself
    };

    using place = std::pair<std::size_t, std::string>;

    struct hash {
        std::size_t operator()(const place& of) const {
            return std::hash<std::string>()(of.second) ^ (of.first * 0x9E3779B97F4A7C15U);
        }
    };

    node* find(std::size_t table, const std::string& name, bool make) {
        const auto found = nodes_.find(place(table, name));
        if (found != nodes_.end()) return &found->second;
        if (!make) return nullptr;
        return &nodes_.emplace(place(table, name), node{.elements = 0, .table = next_table_++}).first->second;
    }

    std::unordered_map<place, node, hash> nodes_;  ///< only what leads to an array
    std::size_t next_table_ = 1;
};

toml_statement read_header(cursor& from) {
    toml_statement header;
    header.what = toml_statement::type::table;
    header.value.begin = from.at++;
    if (from.sign() == '[') {
        header.what = toml_statement::type::element;
        ++from.at;
    }
    header.key = from.read_key();
    for (int brackets = header.what == toml_statement::type::element ? 2 : 1; brackets > 0; --brackets) {
        if (from.sign() == ']') ++from.at;
    }
    header.value.end = from.at;
    return header;
}

}  // namespace

std::size_t toml_layout::depth(const toml_statement& of) const {
    const std::size_t section = sections[of.section].size();
    return of.what == toml_statement::type::pair ? section + of.key.size() : section;
}

const std::string* toml_layout::name_at(const toml_statement& of, std::size_t step) const {
    const toml_path& section = sections[of.section];
    if (step < section.size()) return std::get_if<std::string>(&section[step]);
    return &of.key[step - section.size()].name;
}

std::optional<std::size_t> toml_layout::index_at(const toml_statement& of, std::size_t step) const {
    const toml_path& section = sections[of.section];
    const auto* index = step < section.size() ? std::get_if<std::size_t>(&section[step]) : nullptr;
    return index == nullptr ? std::nullopt : std::optional(*index);
}

bool toml_layout::is_within(const toml_statement& what, const toml_path& path) const {
    if (depth(what) < path.size()) return false;
    for (std::size_t step = 0; step < path.size(); ++step) {
        if (const auto* name = std::get_if<std::string>(&path[step])) {
            const std::string* found = name_at(what, step);
            if (found == nullptr || *found != *name) return false;
        } else if (index_at(what, step) != std::get<std::size_t>(path[step])) {
            return false;
        }
    }
    return true;
}

toml_layout layout_of_text(std::string_view text) {
    toml_layout layout;
    layout.sections.emplace_back();
    if (text.starts_with(byte_order_mark)) layout.start = byte_order_mark.size();
    array_counter arrays;
    cursor from(text, layout.start);
    while (!from.at_end()) {
        const std::size_t line = from.at;
        from.skip_blanks();
        const char c = from.sign();
        if (c == '#' || c == '\r' || c == '\n' || from.at_end()) {
            if (!from.at_end()) from.skip_line();
            continue;
        }
        toml_statement statement = c == '[' ? read_header(from) : from.read_pair();
        if (statement.what != toml_statement::type::pair) layout.sections.push_back(arrays.path_of(statement));
        statement.section = layout.sections.size() - 1;
        if (!from.at_end()) from.skip_line();
        statement.lines = {line, from.at};
        layout.statements.push_back(std::move(statement));
    }
    return layout;
}

toml_layout layout_of_inline_table(std::string_view text, text_range table) {
    toml_layout layout;
    layout.sections.emplace_back();
    cursor from(text.substr(0, table.end), table.begin + 1);
    layout.start = from.at;
    for (from.skip_separators(); !from.at_end() && from.sign() != '}'; from.skip_separators()) {
        const std::size_t before = from.at;
        layout.statements.push_back(from.read_pair());
        if (from.at == before) break;  // no TOML
    }
    return layout;
}

std::vector<text_range> elements_of_array(std::string_view text, text_range array) {
    std::vector<text_range> elements;
    cursor from(text.substr(0, array.end), array.begin + 1);
    for (from.skip_separators(); !from.at_end() && from.sign() != ']'; from.skip_separators()) {
        const std::size_t before = from.at;
        elements.push_back(from.read_value());
        if (from.at == before) break;  // no TOML
    }
    return elements;
}

}  // namespace opd
