#include "daemon/http/head_syntax.hpp"

#include "config/ascii.hpp"

#include <algorithm>
#include <array>

namespace opd {
namespace {

using byte_set = std::array<bool, 256>;

constexpr bool has(const byte_set& set, char c) {
    return set[static_cast<unsigned char>(c)];
}

/// tchar (RFC 9110 5.6.2): names of methods and headers.
constexpr byte_set token_bytes = [] {
    byte_set set{};
    for (const char c :
         std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        set[static_cast<unsigned char>(c)] = true;
    return set;
}();

/// Of a header's value (RFC 9110 5.5): no control characters but the tab.
constexpr byte_set value_bytes = [] {
    byte_set set{};
    for (std::size_t c = 0x20; c != set.size(); ++c)
        set[c] = c != 0x7F;
    set['\t'] = true;
    return set;
}();

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return has(token_bytes, c); });
}

bool is_visible_ascii(char c) {
    return c > 0x20 && c < 0x7F;
}

std::string_view fault_in_request_line(std::string_view line) {
    if (line == "PRI * HTTP/2.0") return "HTTP/2 is not spoken here, use HTTP/1.1";
    const std::string_view method = line.substr(0, line.find(' '));
    if (!is_token(method)) return "it does not begin with a method";
    line.remove_prefix(std::min(method.size() + 1, line.size()));
    const std::string_view target = line.substr(0, line.find(' '));
    if (target.empty()) return "the first line is not METHOD TARGET HTTP/1.1, with single spaces";
    if (!std::ranges::all_of(target, is_visible_ascii)) {
        return "the target holds a byte that is no printable ASCII; write it as %XX";
    }
    line.remove_prefix(std::min(target.size() + 1, line.size()));
    if (line != "HTTP/1.1" && line != "HTTP/1.0") return "the first line does not end in HTTP/1.1 or HTTP/1.0";
    return {};
}

std::string_view fault_in_header(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) return "a header line begins with a space";
    if (line.find(':') == line.npos) return "a header line has no colon";
    if (!is_token(line.substr(0, line.find(':')))) return "the name of a header is not one";
    if (!std::ranges::all_of(line.substr(line.find(':')), [](char c) { return has(value_bytes, c); })) {
        return "a header holds a control character";
    }
    return {};
}

/// Takes the first line off the bytes, without its end.
std::string_view take_line(std::string_view& bytes, std::string_view& fault) {
    std::string_view line = next_part(bytes, '\n');
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    } else {
        fault = "a line ends in LF without CR";
    }
    return line;
}

}  // namespace

std::string_view fault_in_start(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (bytes.front() == 0x16) return "it looks like TLS, which is not spoken here; use http:// instead of https://";
    if (!has(token_bytes, bytes.front())) return "it does not begin with a method";
    if (bytes.find('\n') == bytes.npos) return {};
    std::string_view fault;
    const std::string_view line = take_line(bytes, fault);
    return fault.empty() ? fault_in_request_line(line) : fault;
}

std::string_view fault_in_head(std::string_view head) {
    std::string_view fault = fault_in_start(head);
    next_part(head, '\n');
    while (fault.empty()) {
        const std::string_view line = take_line(head, fault);
        if (!fault.empty() || line.empty()) break;
        fault = fault_in_header(line);
    }
    return fault;
}

}  // namespace opd
