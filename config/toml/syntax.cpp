#include "config/toml/syntax.hpp"

#include "config/base/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace opd {
namespace {

constexpr std::size_t longest_binary_number = 62;

// For every value toml11 looks back to the start of its line: a long line of many values takes it minutes. This many
// bytes looked back at take it about half a second.
constexpr std::size_t most_looking_back = 100'000'000;

constexpr std::string_view write_a_pair = "write KEY = VALUE, one in a line; a comment starts with \"#\"";

bool is_quote(char c) { return c == '"' || c == '\''; }
bool is_hex(char c) { return is_digit(c) || (lower_case(c) >= 'a' && lower_case(c) <= 'f'); }

char32_t hex_value(std::string_view digits) {
    char32_t value = 0;
    for (const char c : digits)
        value = value * 16 + static_cast<char32_t>(is_digit(c) ? c - '0' : lower_case(c) - 'a' + 10);
    return value;
}

void append_utf8(std::string& to, char32_t code) {
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
            append_utf8(plain, hex_value(digits));
            at += digits.size();
        } else {
            const std::size_t letter = letters.find(c);
            plain += letter == letters.npos ? c : meanings[letter];
        }
    }
    return plain;
}

}  // namespace

void syntax_reader::fail(std::size_t from, std::size_t length, std::string message, std::string_view hint) {
    if (!fault) fault = {{from, from + length}, std::move(message), std::string(hint)};
}

bool syntax_reader::end_line() {
    skip_blanks();
    if (sign() == '#') at = std::min(text_.find('\n', at), text_.size());
    if (sign() == '\r' && sign(1) == '\n') ++at;
    if (at < text_.size() && text_[at] != '\n') return false;
    line_start_ = at = std::min(at + 1, text_.size());
    return true;
}

void syntax_reader::skip_separators() {
    for (skip_lines(); sign() == ','; skip_lines()) ++at;
}

toml_statement syntax_reader::read_header() {
    toml_statement header;
    header.value.begin = at++;
    header.what = sign() == '[' ? toml_statement::type::element : toml_statement::type::table;
    const std::size_t brackets = header.what == toml_statement::type::element ? 2 : 1;
    at += brackets - 1;
    skip_blanks();
    if (!is_line_end()) header.key = read_key();
    for (std::size_t i = 0; i < brackets && !fault; ++i)
        if (is_line_end())
            fail(header.value.begin, 1, "the name of the table is not closed", "end it with \"]\" in the same line");
        else if (sign() != ']')
            no_key();
        else
            ++at;
    header.value.end = at;
    return header;
}

toml_statement syntax_reader::read_pair() {
    toml_statement pair;
    pair.key = read_key();
    pair.lines.begin = pair.key.front().place.begin;
    if (!fault && sign() != '=') {
        const bool later = text_.substr(at, text_.find('\n', at) - at).find('=') != text_.npos;
        if (later && !is_line_end())
            no_key();
        else
            wrong("a \"=\" is missing after the key", write_a_pair);
    }
    if (fault) return pair;
    ++at;
    skip_blanks();
    if (is_line_end())
        wrong("there is no value after the \"=\"", how_to_write_a_value);
    else
        pair.value = read_value();
    pair.lines.end = at;
    return pair;
}

text_range syntax_reader::read_value() {
    const std::size_t begin = at;
    looked_back_ += at - line_start_;
    if (looked_back_ > most_looking_back)
        fail(line_start_, 0, "there are too many values in one line", "write long arrays with one value in a line");
    else if (is_quote(sign()))
        skip_text();
    else if (sign() == '[' || sign() == '{')
        skip_list(sign() == '{');
    else
        skip_word();
    return {begin, at};
}

bool syntax_reader::is_line_end() const {
    return std::string_view("\r\n#").find(sign()) != std::string_view::npos || at_end();
}

void syntax_reader::skip_blanks() {
    while (sign() == ' ' || sign() == '\t') ++at;
}

void syntax_reader::skip_lines() {
    while (!at_end() && end_line()) {
    }
}

void syntax_reader::too_deep() {
    fail(at, 1, fmt::format("more than {} levels of nesting", max_toml_nesting), "write the file flatter");
}

/// Whether the bracket has its counterpart somewhere.
bool syntax_reader::is_closed(std::size_t bracket) const {
    syntax_reader rest(text_, bracket);
    for (std::size_t depth = 0; !rest.at_end();) {
        const char c = rest.sign();
        if (is_quote(c)) {
            rest.skip_text();
        } else if (c == '#') {
            rest.end_line();
        } else {
            ++rest.at;
            if (c == '[' || c == '{') ++depth;
            if ((c == ']' || c == '}') && --depth == 0) return true;
        }
    }
    return rest.fault.has_value();
}

/// A fault at this place, if it is not due to the bracket around it.
void syntax_reader::wrong(std::string_view message, std::string_view hint) {
    if (open_.empty()) return fail(at, 1, std::string(message), hint);
    const std::size_t bracket = open_.back();
    const char wanted = text_[bracket] == '[' ? ']' : '}';
    if (sign() != wanted && (sign() == ']' || sign() == '}')) {
        const auto line = std::ranges::count(text_.substr(0, bracket), '\n') + 1;
        fail(at, 1, fmt::format("\"{}\" does not close the \"{}\" of line {}", sign(), text_[bracket], line),
             fmt::format("write \"{}\" where that one ends", wanted));
    } else if (wanted == '}' && is_line_end()) {
        fail(bracket, 1, "the \"{\" is not closed in its line", "write an inline table in one line, up to its \"}\"");
    } else if (wanted == ']' && !is_closed(bracket)) {
        fail(bracket, 1, "the \"[\" is never closed", "write \"]\" where the array ends");
    } else {
        fail(at, 1, std::string(message), hint);
    }
}

void syntax_reader::no_key() {
    wrong("this is not a key", "a key with other signs than letters, digits, \"_\" and \"-\" needs quotes");
}

std::vector<toml_key> syntax_reader::read_key() {
    std::vector<toml_key> key;
    while (true) {
        skip_blanks();
        key.push_back(read_key_part());
        skip_blanks();
        if (fault || sign() != '.') return key;
        if (key.size() == max_toml_nesting) too_deep();
        if (!fault) ++at;
    }
}

toml_key syntax_reader::read_key_part() {
    const std::size_t begin = at;
    if (is_quote(sign())) {
        const char quote = sign();
        if (sign(1) == quote && sign(2) == quote) no_key();
        if (!fault) skip_text();
        const std::string_view inside = text_.substr(begin + 1, std::max<std::size_t>(at - begin, 2) - 2);
        return {quote == '"' ? without_escapes(inside) : std::string(inside), {begin, at}};
    }
    while (is_bare(sign())) ++at;
    if (at == begin && sign() == '=') wrong("there is no key before the \"=\"", write_a_pair);
    if (at == begin) no_key();
    return {std::string(text_.substr(begin, at - begin)), {begin, at}};
}

/// An array; or an inline table, which stands in one line.
void syntax_reader::skip_list(bool is_table) {
    const char end = is_table ? '}' : ']';
    const auto skip = [&] { is_table ? skip_blanks() : skip_lines(); };
    if (open_.size() == max_toml_nesting) return too_deep();
    open_.push_back(at++);
    skip();
    while (!fault && sign() != end) {
        if (is_table)
            read_pair();
        else
            read_value();
        skip();
        if (sign() == ',') {
            ++at;
            skip();
            if (is_table && sign() == end) fail(at, 1, "a \",\" must not stand before \"}\"", "take the \",\" out");
        } else if (sign() != end && is_table) {
            wrong("a \",\" is missing between two keys of the inline table",
                  "write { key = \"value\", other = \"value\" }");
        } else if (sign() != end) {
            wrong("a \",\" is missing between two values of the array",
                  "write \",\" between them, and \"]\" at the end");
        }
    }
    if (fault) return;
    open_.pop_back();
    ++at;
}

/// A number, a time, or `true` and the like.
void syntax_reader::skip_word() {
    const std::size_t begin = at;
    const auto skip = [this] {
        while (is_bare(sign()) || sign() == '+' || sign() == '.' || sign() == ':') ++at;
    };
    skip();
    const bool is_date = at - begin == 10 && text_[begin + 4] == '-';
    if (is_date && sign() == ' ' && is_digit(sign(1)) && is_digit(sign(2)) && sign(3) == ':') {
        ++at;
        skip();
    }
    if (at == begin) return wrong("this is not a value", how_to_write_a_value);
    // toml11 multiplies its way through a binary number without looking at the size.
    const std::string_view word = text_.substr(begin, at - begin);
    if (word.starts_with("0b") &&
        std::ranges::count_if(word.substr(2), is_digit) > std::ptrdiff_t{longest_binary_number}) {
        fail(begin, word.size(), "the number is too large",
             fmt::format("use at most {} binary digits", longest_binary_number));
    }
}

void syntax_reader::skip_text() {
    const std::size_t start = at;
    const char quote = sign();
    const bool long_form = sign(1) == quote && sign(2) == quote;
    at += long_form ? 3 : 1;
    while (!at_end()) {
        const char c = text_[at];
        if (c == '\\' && quote == '"') {
            escape(long_form);
        } else if (c == quote) {
            const std::size_t run = std::min(text_.find_first_not_of(quote, at), text_.size()) - at;
            // Up to two quotes may stand before the three that close.
            at += long_form ? std::min<std::size_t>(run, 5) : 1;
            if (!long_form || run >= 3) return;
        } else if (c == '\n' && !long_form) {
            break;
        } else {
            if (c == '\n') line_start_ = at + 1;
            ++at;
        }
    }
    const std::string_view quotes = text_.substr(start, long_form ? 3 : 1);
    fail(start, at - start, "the text that starts here is not closed",
         fmt::format("write {} where it ends{}", quotes, long_form ? "" : ", in the same line"));
}

void syntax_reader::escape(bool long_form) {
    const char c = sign(1);
    if (c == 'u' || c == 'U') return unicode_escape(c == 'u' ? 4 : 8);
    if (std::string_view("btnfr\"\\").find(c) != std::string_view::npos)
        at += 2;
    else if (c == '\0' || c == '\n' || (long_form && (c == '\r' || c == ' ' || c == '\t')))
        ++at;  // where the text must not go on in the next line, it is not closed
    else
        fail(at, 2, "this escape is unknown", R"(write a backslash as \\, or the text in single quotes)");
}

void syntax_reader::unicode_escape(std::size_t digits) {
    const std::string_view code = text_.substr(at + 2, digits);
    const bool whole = code.size() == digits && std::ranges::all_of(code, is_hex);
    const char32_t value = whole ? hex_value(code) : 0;
    if (!whole || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return fail(at, 2, "this escape names no Unicode character",
                    R"(write \uXXXX or \UXXXXXXXX with hexadecimal digits)");
    }
    at += 2 + digits;
}

}  // namespace opd
