#include "config/toml/scan.hpp"

#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace opd {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t longest_binary_number = 62;

// For every value the parser looks back to the start of its line: a long line of many values takes it minutes. This
// many bytes looked back at take it about half a second.
constexpr std::size_t most_looking_back = 100'000'000;

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

constexpr std::array<bool, 256> bare_signs = [] {
    std::array<bool, 256> bare{};
    for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")) {
        bare[static_cast<unsigned char>(c)] = true;
    }
    return bare;
}();

bool is_bare(char c) {
    return bare_signs[static_cast<unsigned char>(c)];
}

std::optional<diagnostic> find_bad_bytes(const source_text& source) {
    const std::string_view text = source.text();
    if (const std::size_t at = text.find('\0'); at != text.npos) {
        return source.at(at, 1, "the file holds a NUL byte: it is binary, or UTF-16", "save it as plain text in UTF-8");
    }
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

/// Walks over the text once; the first fault ends the walk.
class scanner {
public:
    scanner(const source_text& source, std::vector<std::size_t>* headers)
        : source_(source), text_(source.text()), headers_(headers) {}

    std::optional<diagnostic> run() {
        if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
        while (!fault_ && at_ < text_.size()) {
            step();
        }
        if (!fault_ && !open_.empty()) unclosed_bracket();
        return std::move(fault_);
    }

private:
    void fail(std::size_t at, std::size_t length, std::string message, std::string hint) {
        fault_ = source_.at(at, length, std::move(message), std::move(hint));
    }

    void step() {
        const char c = text_[at_];
        if (is_plain(c)) return plain();
        switch (c) {
            case '"':
            case '\'':
                text(c);
                return;
            case '#':
                at_ = std::min(text_.find('\n', at_), text_.size());
                return;
            case '[':
            case '{':
                open();
                return;
            case ']':
            case '}':
                close(c);
                return;
            case '\n':
                line_break();
                return;
            case '.':
                if (++dots_ >= max_toml_nesting) too_deep(at_);
                break;
            case ',':
                looked_back_ += at_ - line_start_;
                if (looked_back_ > most_looking_back) too_crowded();
                dots_ = 0;
                break;
            case '=':
                dots_ = 0;
                break;
            case '0':
                binary_number();
                break;
            default:
                break;
        }
        if (c != ' ' && c != '\t' && c != '\r') line_is_empty_ = false;
        ++at_;
    }

    /// Signs that mean nothing here, one after the other.
    static bool is_plain(char c) { return is_bare(c) && c != '0'; }

    void plain() {
        line_is_empty_ = false;
        do {
            ++at_;
        } while (at_ < text_.size() && is_plain(text_[at_]));
    }

    void too_deep(std::size_t at) {
        fail(at, 1, fmt::format("more than {} levels of nesting", max_toml_nesting), "write the file flatter");
    }

    void too_crowded() {
        fail(line_start_, 0, "there are too many values in one line", "write long arrays with one value in a line");
    }

    void open() {
        if (open_.size() >= max_toml_nesting) return too_deep(at_);
        if (open_.empty()) {
            in_header_ = line_is_empty_ && text_[at_] == '[';
            if (in_header_ && headers_ != nullptr) headers_->push_back(at_);
        }
        open_.push_back(at_++);
        line_is_empty_ = false;
        dots_ = 0;
    }

    void close(char c) {
        line_is_empty_ = false;
        dots_ = 0;
        if (open_.empty()) {
            ++at_;
            return;
        }
        const std::size_t opened = open_.back();
        const char wanted = text_[opened] == '[' ? ']' : '}';
        if (c != wanted) {
            return fail(
                at_, 1,
                fmt::format("\"{}\" does not close the \"{}\" of line {}", c, text_[opened], source_.line_of(opened)),
                fmt::format("write \"{}\" where that one ends", wanted));
        }
        open_.pop_back();
        ++at_;
    }

    void line_break() {
        const bool within_one_line = !open_.empty() && (in_header_ || text_[open_.back()] == '{');
        if (within_one_line) return unclosed_bracket();
        line_is_empty_ = true;
        dots_ = 0;
        line_start_ = ++at_;
    }

    void unclosed_bracket() {
        const std::size_t opened = open_.back();
        if (in_header_)
            return fail(opened, 1, "the name of the table is not closed", "end it with \"]\" in the same line");
        if (text_[opened] == '{') {
            return fail(opened, 1, "the \"{\" is not closed in its line",
                        "write an inline table in one line, up to its \"}\"");
        }
        fail(opened, 1, "the \"[\" is never closed", "write \"]\" where the array ends");
    }

    void text(char quote) {
        const std::size_t start = at_;
        line_is_empty_ = false;
        const bool long_form = text_.substr(at_, 3).find_first_not_of(quote) == text_.npos && text_.size() - at_ >= 3;
        at_ += long_form ? 3 : 1;
        while (!fault_ && at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\\' && quote == '"') {
                escape(long_form);
            } else if (c == quote) {
                const std::size_t run = std::min(text_.find_first_not_of(quote, at_), text_.size()) - at_;
                // Up to two quotes may stand before the three that close.
                at_ += long_form ? std::min<std::size_t>(run, 5) : 1;
                if (!long_form || run >= 3) return;
            } else if (c == '\n' && !long_form) {
                break;
            } else {
                if (c == '\n') line_start_ = at_ + 1;
                do {
                    ++at_;
                } while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\\' && text_[at_] != '\n');
            }
        }
        if (fault_) return;
        fail(start, at_ - start, "the text that starts here is not closed",
             long_form ? fmt::format("write {} where it ends", std::string(3, quote))
                       : fmt::format("write {} where it ends, in the same line", quote));
    }

    void escape(bool long_form) {
        const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (std::string_view("btnfr\"\\").find(c) != std::string_view::npos) {
            at_ += 2;
            return;
        }
        if (c == 'u' || c == 'U') return unicode_escape(c == 'u' ? 4 : 8);
        if (long_form && (c == '\n' || c == '\r' || c == ' ' || c == '\t')) {
            ++at_;
            return;
        }
        if (c == '\0' || c == '\n') {
            ++at_;  // the text that is not closed is the fault
            return;
        }
        fail(at_, 2, "this escape is unknown", R"(write a backslash as \\, or the text in single quotes)");
    }

    void unicode_escape(std::size_t digits) {
        const std::string_view code = text_.substr(at_ + 2, digits);
        char32_t value = 0;
        for (const char c : code) {
            if (!is_hex(c)) break;
            value = value * 16 + static_cast<char32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        const bool whole = code.size() == digits && std::ranges::all_of(code, is_hex);
        if (!whole || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
            return fail(at_, 2, "this escape names no Unicode character",
                        R"(write \uXXXX or \UXXXXXXXX with hexadecimal digits)");
        }
        at_ += 2 + digits;
    }

    // The parser multiplies its way through these without looking at the size.
    void binary_number() {
        if (text_.substr(at_, 2) != "0b" || (at_ > 0 && is_bare(text_[at_ - 1]))) return;
        const std::size_t end = std::min(text_.find_first_not_of("01_", at_ + 2), text_.size());
        const std::string_view digits = text_.substr(at_ + 2, end - at_ - 2);
        const auto count = std::ranges::count_if(digits, [](char c) { return c != '_'; });
        if (static_cast<std::size_t>(count) <= longest_binary_number) return;
        fail(at_, end - at_, "the number is too large",
             fmt::format("use at most {} binary digits", longest_binary_number));
    }

    const source_text& source_;
    std::string_view text_;
    std::vector<std::size_t>* headers_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    std::size_t looked_back_ = 0;
    std::size_t dots_ = 0;           ///< since the last sign that ends a key
    std::vector<std::size_t> open_;  ///< where the brackets around this place are
    bool in_header_ = false;         ///< the outermost of them begins a table
    bool line_is_empty_ = true;      ///< so far
    std::optional<diagnostic> fault_;
};

}  // namespace

std::optional<diagnostic> scan_toml(const source_text& source, std::vector<std::size_t>* headers) {
    if (auto fault = find_bad_bytes(source)) return fault;
    return scanner(source, headers).run();
}

}  // namespace opd
