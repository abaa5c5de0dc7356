#include "daemon/bridge/wire/json_write.hpp"

#include <fmt/format.h>

#include <iterator>

namespace opd::bridge {
namespace {

constexpr bool is_plain(unsigned char c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0xE2; }

/// Of U+2028 or U+2029 at the start of the text; 0: it is neither.
char line_separator(std::string_view text) {
    const bool is_one = text.starts_with("\xE2\x80\xA8") || text.starts_with("\xE2\x80\xA9");
    return is_one ? (text[2] == '\xA8' ? '8' : '9') : '\0';
}

}  // namespace

void escape_json(std::string_view text, std::string& out) {
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && is_plain(static_cast<unsigned char>(text[plain]))) ++plain;
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) return;
        const char c = text.front();
        std::size_t taken = 1;
        if (const char last = line_separator(text); last != '\0') {
            out.append("\\u202").push_back(last);
            taken = 3;
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\xE2') {
            out += c;
        } else {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        }
        text.remove_prefix(taken);
    }
}

json_text& json_text::open(char bracket) {
    separate();
    out_ += bracket;
    return *this;
}

json_text& json_text::close(char bracket) {
    out_ += bracket;
    return *this;
}

json_text& json_text::key(std::string_view name) {
    text(name);
    out_ += ':';
    return *this;
}

json_text& json_text::text(std::string_view value) { return quoted(value, {}); }

json_text& json_text::quoted(std::string_view prefix, std::string_view escaped) {
    separate();
    out_ += '"';
    escape_json(prefix, out_);
    out_.append(escaped).push_back('"');
    return *this;
}

json_text& json_text::number(std::uint64_t value) {
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", value);
    return *this;
}

json_text& json_text::flag(bool value) { return raw(value ? "true" : "false"); }
json_text& json_text::null() { return raw("null"); }

json_text& json_text::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

void json_text::separate() {
    if (out_.size() == start_) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_ += ',';
}

}  // namespace opd::bridge
