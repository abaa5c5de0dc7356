#include "daemon/bridge/wire/upstream_fault.hpp"

#include "daemon/bridge/wire/json_view.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <set>

namespace opd::bridge {
namespace {

constexpr std::size_t most_text = 400;

struct told {
    std::string message, code;
    std::optional<std::uint64_t> status, tokens, most;
};

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
    std::string low(text);
    std::ranges::transform(low, low.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::ranges::any_of(words, [&](std::string_view word) { return low.find(word) != low.npos; });
}

/// The character that begins the text, as far as its bytes belong together: UTF-8 or not.
std::string_view character(std::string_view text) {
    std::size_t length = 1;
    if (static_cast<unsigned char>(text[0]) >= 0x80)
        while (length < 4 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80)
            ++length;
    return text.substr(0, length);
}

/// What is no UTF-8 would break the agent's own JSON, which carries these words.
std::string one_line(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size() && at < most_text;) {
        const std::string_view one = character(text.substr(at));
        at += one.size();
        const bool blank = static_cast<unsigned char>(one[0]) <= 0x20 || one[0] == 0x7F;
        if (!blank)
            out += simdjson::validate_utf8(one) ? one : "\xEF\xBF\xBD";
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

void read(json_view from, told& into, int depth);

/// A text may be an error of the server behind it, as JSON.
void read_text(std::string text, told& into, int depth) {
    if (depth > 0 && text.starts_with('{')) {
        const auto inner = json_view::of(text);
        if (inner) read(*inner, into, depth - 1);
        if (inner && !into.message.empty()) return;
    }
    into.message = one_line(text);
}

void read(json_view from, told& into, int depth) {
    if (from.is_text()) return read_text(from.text(), into, depth);
    if (from.is_array()) {
        bool first = true;
        from.elements([&](json_view one) {
            if (std::exchange(first, false)) read(one, into, depth);
        });
        return;
    }
    if (!from.is_object()) return;
    if (const json_view code = from["code"]; code.is_text()) into.code = code.text();
    for (const std::string_view name : {"code", "status_code", "status"})
        if (const auto number = from[name].number(); number && !into.status) into.status = number;
    if (into.code.empty()) into.code = from["type"].text();
    if (const auto number = from["n_prompt_tokens"].number()) into.tokens = number;
    if (const auto number = from["n_ctx"].number()) into.most = number;
    for (const std::string_view name : {"error", "errors", "message", "msg", "detail"}) {
        if (!from[name]) continue;
        if (depth > 0) read(from[name], into, depth - 1);
        if (!into.message.empty()) break;
    }
    // OpenRouter's own words say less than those of whom it has asked.
    if (const json_view raw = from["metadata"]["raw"]; raw.is_text() && depth > 0) {
        const std::string before = into.message;
        read_text(raw.text(), into, depth - 1);
        if (into.message.empty()) into.message = before;
    }
}

told read_body(std::string_view body) {
    told out;
    std::string text(body);
    const auto whole = json_view::of(text);
    const std::string_view words =
        std::string_view(text).substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (whole)
        read(*whole, out, 5);
    else if (!words.starts_with('<'))
        out.message = one_line(words);
    else
        out.message = "a page for people (HTML)";
    return out;
}

bool is_too_long(unsigned status, const told& error) {
    if (status == 413 || mentions(error.code, {"context_length", "request_too_large"})) return true;
    if (mentions(error.message, {"prompt is too long", "too many tokens", "maximum context", "input is too long"}))
        return true;
    return mentions(error.message, {"context"}) &&
           mentions(error.message, {"exceed", "too long", "maximum", "larger than", "too large"});
}

/// The two numbers of a sentence about a limit, as all such sentences have them: what was asked, and the most there is.
void find_numbers(const told& error, fault& into) {
    std::set<std::uint64_t> numbers;
    const std::string& text = error.message;
    for (std::size_t at = 0; at < text.size();) {
        std::uint64_t number = 0;
        const auto [end, failed] = std::from_chars(text.data() + at, text.data() + text.size(), number);
        if (failed == std::errc() && number >= 256) numbers.insert(number);
        const auto taken = static_cast<std::size_t>(end - text.data()) - at;
        at += std::max<std::size_t>(taken, 1);
    }
    if (numbers.size() >= 2) {
        into.most_tokens = *numbers.begin();
        into.tokens = *numbers.rbegin();
    }
    if (error.tokens) into.tokens = *error.tokens;
    if (error.most) into.most_tokens = *error.most;
}

/// `try again in 20s`, `retry in 1.5 seconds`, `in 350ms`, `in 2 m`
std::optional<std::chrono::seconds> delay_in(std::string_view text) {
    for (const std::string_view words : {"again in ", "retry in ", "retry after "}) {
        const std::size_t at = text.find(words);
        if (at == text.npos) continue;
        double number = 0;
        const char* const end = text.data() + text.size();
        const auto [behind, failed] = std::from_chars(text.data() + at + words.size(), end, number);
        if (failed != std::errc() || !(number >= 0) || number > 86'400) continue;
        const std::string unit = one_line({behind, end});
        if (unit.starts_with("ms"))
            number /= 1000;
        else if (unit.starts_with("m"))
            number *= 60;
        return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(number)));
    }
    return std::nullopt;
}

fault::kind kind_of(unsigned status, const told& error) {
    if (is_too_long(status, error)) return fault::kind::too_long;
    if (status == 401 || mentions(error.code, {"authentication", "invalid_api_key"})) return fault::kind::unauthorized;
    const bool busy = mentions(error.code, {"rate_limit", "overloaded"}) && status < 400;
    if (status == 429 || status == 503 || status == 529 || status == 408 || busy) return fault::kind::later;
    return status >= 500 || status == 0 ? fault::kind::broken : fault::kind::refused;
}

}  // namespace

fault read_upstream_error(unsigned status, std::string_view body, std::optional<std::chrono::seconds> retry_after) {
    const told error = read_body(body);
    if (status < 300 && error.status && *error.status >= 400 && *error.status < 600)
        status = static_cast<unsigned>(*error.status);
    fault out{.what = kind_of(status, error), .message = error.message, .retry_after = retry_after};
    if (out.what == fault::kind::too_long) find_numbers(error, out);
    if (!out.retry_after) out.retry_after = delay_in(error.message);
    return out;
}

}  // namespace opd::bridge
