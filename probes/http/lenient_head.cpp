#include "probes/http/lenient_head.hpp"

#include "config/base/ascii.hpp"

#include <algorithm>
#include <utility>

namespace opd {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// `HTTP/1.1 200`, and nothing behind it.
bool lacks_reason(std::string_view line) {
    return line.size() == 12 && line.starts_with("HTTP/1.") && line[8] == ' ' &&
           std::ranges::all_of(line.substr(9), is_digit);
}

/// The line of a header as it is to be read; empty: it is left out.
std::string mended_line(std::string_view line, bool& chunked) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || is_blank(line.front())) return std::string(line);
    const std::string_view name = trimmed(line.substr(0, colon));
    if (std::ranges::any_of(name, is_blank)) return {};
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (lower_case(name) == "transfer-encoding") {
        const std::string coding = lower_case(value);
        if (coding == "chunked, chunked" || coding == "chunked,chunked" || coding == "chunked")
            return std::exchange(chunked, true) ? std::string() : "Transfer-Encoding: chunked";
    }
    if (name.size() == colon) return std::string(line);
    return std::string(name).append(": ").append(value);
}

}  // namespace

std::size_t head_size(std::string_view received) {
    for (std::size_t end = received.find('\n'); end != received.npos; end = received.find('\n', end + 1)) {
        const std::string_view next = received.substr(end + 1, 2);
        if (next.starts_with('\n')) return end + 2;
        if (next == "\r\n") return end + 3;
    }
    return received.npos;
}

std::optional<std::string> mended_head(std::string_view head) {
    std::string mended;
    bool chunked = false;
    for (std::string_view rest = head; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const bool first = mended.empty();
        if (first && lacks_reason(line))
            mended.append(line).append(" \r\n");
        else if (first || line.empty())
            mended.append(line).append("\r\n");
        else if (const std::string field = mended_line(line, chunked); !field.empty())
            mended.append(field).append("\r\n");
    }
    if (mended == head) return std::nullopt;
    return mended;
}

}  // namespace opd
