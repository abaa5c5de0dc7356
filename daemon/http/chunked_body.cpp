#include "daemon/http/chunked_body.hpp"

#include <algorithm>
#include <charconv>

namespace opd::http {
namespace {

constexpr std::size_t max_line = 256;       ///< a chunk's size and its extensions
constexpr std::size_t max_size_digits = 8;  ///< zeros in front included
constexpr std::string_view line_end = "\r\n";

/// A chunk's extensions, from their semicolon (RFC 9112 7.1.1); what they mean is nobody's business here.
bool is_extension(std::string_view text) {
    return text.empty() || ((text.front() == ';' || text.front() == ' ' || text.front() == '\t') &&
                            std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; }));
}

}  // namespace

chunked_body::progress chunked_body::take(std::string_view& bytes) {
    for (;;) {
        progress found = progress::incomplete;
        switch (next_) {
            case part::size: found = take_size(bytes); break;
            case part::data: {
                const std::string_view data = bytes.substr(0, chunk_left_);
                body_.insert(body_.end(), data.begin(), data.end());
                bytes.remove_prefix(data.size());
                chunk_left_ -= data.size();
                if (chunk_left_ == 0) {
                    next_ = part::end_of_data;
                    found = progress::complete;
                }
                break;
            }
            case part::end_of_data:
                found = take_line_end(bytes);
                if (found == progress::complete) next_ = part::size;
                break;
            case part::end: return take_line_end(bytes);
        }
        if (found != progress::complete) return found;
    }
}

chunked_body::progress chunked_body::take_size(std::string_view& bytes) {
    const std::size_t end = bytes.substr(0, max_line).find('\n');
    if (end == bytes.npos) return bytes.size() < max_line ? progress::incomplete : progress::malformed;
    std::string_view line = bytes.substr(0, end + 1);
    if (!line.ends_with(line_end)) return progress::malformed;
    line.remove_suffix(line_end.size());
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), chunk_left_, 16);
    const auto digits = static_cast<std::size_t>(rest - line.data());
    if (error != std::errc() || digits > max_size_digits || !is_extension(line.substr(digits)))
        return progress::malformed;
    overhead_ += end + 1 + line_end.size();
    if (chunk_left_ > max_bytes_ - body_.size() || overhead_ > max_bytes_) return progress::too_large;
    bytes.remove_prefix(end + 1);
    next_ = chunk_left_ == 0 ? part::end : part::data;
    return progress::complete;
}

chunked_body::progress chunked_body::take_line_end(std::string_view& bytes) {
    if (bytes.starts_with(line_end)) {
        bytes.remove_prefix(line_end.size());
        return progress::complete;
    }
    return line_end.starts_with(bytes) ? progress::incomplete : progress::malformed;
}

}  // namespace opd::http
