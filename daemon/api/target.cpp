#include "config/ascii.hpp"
#include "daemon/api/call.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace opd {
namespace {

/// Percent-decoding (RFC 3986 2.1). nullopt: a `%` without two hexadecimal digits, or a NUL.
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            unsigned char value = 0;
            if (i + 2 >= text.size()) return std::nullopt;
            const char* digits = text.data() + i + 1;
            if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2 || value == 0) return std::nullopt;
            c = static_cast<char>(value);
            i += 2;
        }
        out.push_back(c);
    }
    return out;
}

const problem malformed{"the request's path is not properly percent-encoded",
                        "write % as %25, and every other byte outside of letters, digits and -._~ as %XX"};

}  // namespace

result<parsed_target> parse_target(std::string_view target) {
    parsed_target out;
    if (!target.starts_with('/')) return problem{"the request's target is not a path", "ask for /api/v1/..."};
    std::string_view query = target;
    std::string_view path = next_part(query, '?');
    path.remove_prefix(1);
    out.path.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')) + 1);
    for (bool more = true; more;) {
        more = path.find('/') != std::string_view::npos;
        auto segment = decode(next_part(path, '/'), false);
        if (!segment) return malformed;
        out.path.push_back(std::move(*segment));
    }
    while (!query.empty()) {
        std::string_view value = next_part(query, '&');
        auto name = decode(next_part(value, '='), true);
        auto decoded = decode(value, true);
        if (!name || !decoded) return malformed;
        out.query.emplace_back(std::move(*name), std::move(*decoded));
    }
    return out;
}

}  // namespace opd
