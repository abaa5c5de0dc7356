#include "probes/dialects/json_text.hpp"

#include "config/base/utf8.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace opd {
namespace {

constexpr std::size_t max_depth = 512;
constexpr std::size_t escape_size = 6;  // \uXXXX

/// Lets everything pass: only the grammar is of interest.
struct null_handler {
    constexpr static std::size_t max_object_size = static_cast<std::size_t>(-1);
    constexpr static std::size_t max_array_size = static_cast<std::size_t>(-1);
    constexpr static std::size_t max_key_size = static_cast<std::size_t>(-1);
    constexpr static std::size_t max_string_size = static_cast<std::size_t>(-1);

    using text = boost::json::string_view;
    using fault = boost::json::error_code;

    bool on_document_begin(fault&) { return true; }
    bool on_document_end(fault&) { return true; }
    bool on_object_begin(fault&) { return true; }
    bool on_object_end(std::size_t, fault&) { return true; }
    bool on_array_begin(fault&) { return true; }
    bool on_array_end(std::size_t, fault&) { return true; }
    bool on_key_part(text, std::size_t, fault&) { return true; }
    bool on_key(text, std::size_t, fault&) { return true; }
    bool on_string_part(text, std::size_t, fault&) { return true; }
    bool on_string(text, std::size_t, fault&) { return true; }
    bool on_number_part(text, fault&) { return true; }
    bool on_int64(std::int64_t, text, fault&) { return true; }
    bool on_uint64(std::uint64_t, text, fault&) { return true; }
    bool on_double(double, text, fault&) { return true; }
    bool on_bool(bool, fault&) { return true; }
    bool on_null(fault&) { return true; }
    bool on_comment_part(text, fault&) { return true; }
    bool on_comment(text, fault&) { return true; }
};

/// The code unit of the `\uXXXX` at this place.
std::optional<unsigned> escaped_unit(std::string_view json, std::size_t at) {
    if (json.size() < at + escape_size || json[at] != '\\' || json[at + 1] != 'u') return std::nullopt;
    const char* const end = json.data() + at + escape_size;
    unsigned unit = 0;
    return std::from_chars(end - 4, end, unit, 16).ptr == end ? std::optional(unit) : std::nullopt;
}

bool is_leading(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_trailing(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

std::string place(std::string_view json, std::size_t offset) {
    const std::string_view before = json.substr(0, offset);
    const auto line = 1 + std::ranges::count(before, '\n');
    const std::size_t line_break = before.rfind('\n');
    const std::size_t column = line_break == std::string_view::npos ? offset + 1 : offset - line_break;
    return fmt::format("line {}, column {}", line, column);
}

}  // namespace

void mend_values(std::string& json) {
    if (!simdjson::validate_utf8(json))
        for (std::size_t at = find_invalid_utf8(json); at < json.size();) {
            json[at] = '\x7F';
            const std::size_t next = find_invalid_utf8(std::string_view(json).substr(at));
            at = next == std::string_view::npos ? json.size() : at + next;
        }
    if (json.find("NaN") == json.npos && json.find("Infinity") == json.npos) return;
    bool within = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        if (json[at] == '"') within = !within;
        if (within && json[at] == '\\') ++at;
        if (within || at >= json.size()) continue;
        for (const std::string_view word : {"-Infinity", "Infinity", "NaN"}) {
            if (!std::string_view(json).substr(at).starts_with(word)) continue;
            json.replace(at, word.size(), "\"\"" + std::string(word.size() - 2, ' '));
            at += word.size() - 1;
            break;
        }
    }
}

std::size_t mend_surrogates(std::string& json, std::size_t from, std::size_t to) {
    std::size_t at = json.find('\\', from);
    for (; at < to && at + 1 < json.size(); at = json.find('\\', at)) {
        const auto unit = escaped_unit(json, at);
        if (!unit || !(is_leading(*unit) || is_trailing(*unit))) {
            at += 2;
            continue;
        }
        const auto partner = escaped_unit(json, at + escape_size);
        if (is_leading(*unit) && partner && is_trailing(*partner)) {
            at += 2 * escape_size;
            continue;
        }
        json.replace(at, escape_size, "\\ufffd");
        at += escape_size;
    }
    return at == std::string::npos || at + 1 >= json.size() ? json.size() : at;
}

std::string json_fault(std::string_view json) {
    boost::json::parse_options options;
    options.max_depth = max_depth;
    boost::json::basic_parser<null_handler> checker(options);
    boost::json::error_code error;
    const std::size_t read = checker.write_some(false, json.data(), json.size(), error);
    if (!error && read < json.size()) error = boost::json::error::extra_data;
    if (!error || error == boost::json::error::too_deep || error == boost::json::error::exponent_overflow) return {};
    if (error == boost::json::error::incomplete) return "breaks off at " + place(json, json.size());
    if (error == boost::json::error::extra_data) return "goes on after its end, at " + place(json, read);
    return fmt::format("is wrong at {} ({})", place(json, std::min(read, json.size())), error.message());
}

}  // namespace opd
