#include "daemon/bridge/wire/json_view.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace opd::bridge {
namespace {

namespace json = boost::json;

/// Deeper than any schema, and few enough for whoever reads it by recursion.
constexpr std::size_t most_depth = 200;

/// Takes whatever comes.
struct no_handler {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    using error = json::error_code;

    bool on_document_begin(error&) { return true; }
    bool on_document_end(error&) { return true; }
    bool on_object_begin(error&) { return true; }
    bool on_object_end(std::size_t, error&) { return true; }
    bool on_array_begin(error&) { return true; }
    bool on_array_end(std::size_t, error&) { return true; }
    bool on_key_part(json::string_view, std::size_t, error&) { return true; }
    bool on_key(json::string_view, std::size_t, error&) { return true; }
    bool on_string_part(json::string_view, std::size_t, error&) { return true; }
    bool on_string(json::string_view, std::size_t, error&) { return true; }
    bool on_number_part(json::string_view, error&) { return true; }
    bool on_int64(std::int64_t, json::string_view, error&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, error&) { return true; }
    bool on_double(double, json::string_view, error&) { return true; }
    bool on_bool(bool, error&) { return true; }
    bool on_null(error&) { return true; }
    bool on_comment_part(json::string_view, error&) { return true; }
    bool on_comment(json::string_view, error&) { return true; }
};

std::uint32_t hex4(std::string_view digits) {
    std::uint32_t code = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    return code;
}

void append_utf8(std::uint32_t code, std::string& out) {
    const auto rest = [&out](std::uint32_t bits) { out += static_cast<char>(0x80U | (bits & 0x3FU)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | code >> 6U);
        rest(code);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | code >> 12U);
        rest(code >> 6U);
        rest(code);
    } else {
        out += static_cast<char>(0xF0U | code >> 18U);
        rest(code >> 12U);
        rest(code >> 6U);
        rest(code);
    }
}

bool is_high(std::uint32_t code) { return code >= 0xD800 && code <= 0xDBFF; }
bool is_low(std::uint32_t code) { return code >= 0xDC00 && code <= 0xDFFF; }

/// The code of an escape `\uXXXX` at this place; 0: there is none.
std::uint32_t escape_at(std::string_view text, std::size_t at) {
    return at + 6 <= text.size() && text[at] == '\\' && text[at + 1] == 'u' ? hex4(text.substr(at + 2, 4)) : 0;
}

/// Agents cut texts within an emoji. RFC 8259 allows the half that is left, the parser does not: it becomes U+FFFD.
void mend_surrogates(std::string& json) {
    for (std::size_t at = json.find('\\'); at < json.size(); at = json.find('\\', at)) {
        const std::uint32_t code = escape_at(json, at);
        if (is_high(code) && is_low(escape_at(json, at + 6))) {
            at += 12;
        } else {
            if (is_high(code) || is_low(code)) json.replace(at, 6, "\\ufffd");
            at += 2;
        }
    }
}

/// Takes `XXXX`, and what belongs to it, off the text behind `\u`.
std::uint32_t take_code(std::string_view& text) {
    const std::uint32_t code = hex4(text.substr(0, 4));
    text.remove_prefix(4);
    if (!is_high(code)) return code;
    const std::uint32_t low = escape_at(text, 0);
    text.remove_prefix(6);
    return 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
}

char meant_by(char escaped) {
    switch (escaped) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return escaped;
    }
}

/// Characters of a set, looked for in far less time than the library takes.
struct characters {
    constexpr explicit characters(std::string_view all) {
        for (const char c : all) has[static_cast<unsigned char>(c)] = true;
    }

    /// The first place from this one on that holds one of them, or else the end.
    std::size_t find(std::string_view text, std::size_t at) const {
        while (at < text.size() && !has[static_cast<unsigned char>(text[at])]) ++at;
        return at;
    }

    std::array<bool, 256> has{};
};

constexpr characters structure("{}[]\"");
constexpr characters ends_of_scalars(",]} \t\r\n");

std::size_t behind_value(std::string_view json, std::size_t at) {
    if (json[at] == '"') return behind_text(json, at);
    if (json[at] != '{' && json[at] != '[') return ends_of_scalars.find(json, at);
    std::size_t depth = 0;
    for (;;) {
        at = structure.find(json, at);
        if (json[at] == '"') {
            at = behind_text(json, at);
            continue;
        }
        if (json[at] == '{' || json[at] == '[')
            ++depth;
        else
            --depth;
        ++at;
        if (depth == 0) return at;
    }
}

}  // namespace

decoded<json_view> json_view::of(std::string& body) {
    mend_surrogates(body);
    std::string_view text = body;
    json::parse_options options;
    options.max_depth = most_depth;
    json::basic_parser<no_handler> parser(options);
    json::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    const std::string_view blanks = " \t\r\n";
    const std::string_view rest = text.substr(std::min(read, text.size()));
    if (!error && rest.find_first_not_of(blanks) != rest.npos) error = json::error::extra_data;
    if (error) return bad_request{fmt::format("it is not JSON: {} at byte {}", error.message(), read + 1)};
    text.remove_prefix(text.find_first_not_of(blanks));
    return json_view(text.substr(0, text.find_last_not_of(blanks) + 1));
}

std::string json_view::text() const {
    std::string out;
    std::string_view left = quoted();
    out.reserve(left.size());
    for (;;) {
        const std::size_t plain = left.find('\\');
        out.append(left.substr(0, plain));
        if (plain == left.npos) return out;
        const char escaped = left[plain + 1];
        left.remove_prefix(plain + 2);
        if (escaped == 'u')
            append_utf8(take_code(left), out);
        else
            out += meant_by(escaped);
    }
}

std::optional<std::uint64_t> json_view::number() const {
    if (!is_number()) return std::nullopt;
    std::uint64_t whole = 0;
    const char* const end = raw_.data() + raw_.size();
    if (std::from_chars(raw_.data(), end, whole).ptr == end) return whole;
    double real = 0;
    std::from_chars(raw_.data(), end, real);
    if (!(real >= 0) || real > 1e15 || std::floor(real) != real) return std::nullopt;
    return static_cast<std::uint64_t>(real);
}

json_view json_view::operator[](std::string_view name) const {
    json_view out;
    pick({&name, 1}, {&out, 1});
    return out;
}

void json_view::pick(std::span<const std::string_view> names, std::span<json_view> out) const {
    if (!is_object()) return;
    std::size_t missing = names.size();
    for (std::size_t at = first(); raw_[at] != '}' && missing != 0; at = next(at)) {
        const json_view key = value_at(at);
        at = behind_colon(at + key.raw_.size());
        const json_view value = value_at(at);
        at += value.raw_.size();
        const bool escaped = key.quoted().find('\\') != std::string_view::npos;
        const std::string unescaped = escaped ? key.text() : std::string();
        const auto name = std::ranges::find(names, escaped ? std::string_view(unescaped) : key.quoted());
        if (name == names.end() || !out[static_cast<std::size_t>(name - names.begin())].raw_.empty()) continue;
        out[static_cast<std::size_t>(name - names.begin())] = value;
        --missing;
    }
}

std::size_t json_view::behind_blanks(std::size_t at) const {
    while (at < raw_.size() && (raw_[at] == ' ' || raw_[at] == '\n' || raw_[at] == '\r' || raw_[at] == '\t')) ++at;
    return at;
}

std::size_t json_view::behind_colon(std::size_t at) const { return behind_blanks(behind_blanks(at) + 1); }

std::size_t json_view::next(std::size_t at) const {
    at = behind_blanks(at);
    return raw_[at] == ',' ? behind_blanks(at + 1) : at;
}

json_view json_view::value_at(std::size_t at) const { return json_view(raw_.substr(at, behind_value(raw_, at) - at)); }

std::size_t behind_text(std::string_view json, std::size_t at) {
    for (;;) {
        at = json.find('"', at + 1);
        std::size_t escapes = 0;
        while (json[at - 1 - escapes] == '\\') ++escapes;
        if (escapes % 2 == 0) return at + 1;
    }
}

}  // namespace opd::bridge
