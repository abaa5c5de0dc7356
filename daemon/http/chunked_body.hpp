#pragma once

#include "config/base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace opd::http {

/// Puts a body together that is sent in chunks (RFC 9112 7.1). Extensions are skipped, trailers are not taken. What is
/// spent on the chunks themselves may not be more than the largest body.
class chunked_body {
public:
    enum class progress : std::uint8_t { incomplete, complete, malformed, too_large };

    explicit chunked_body(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// Takes what it can off the bytes. What it leaves must be the beginning of what comes next.
    progress take(std::string_view& bytes);

    std::string_view body() const { return {body_.data(), body_.size()}; }

private:
    enum class part : std::uint8_t { size, data, end_of_data, end };

    progress take_size(std::string_view& bytes);
    progress take_line_end(std::string_view& bytes);

    std::size_t max_bytes_;
    // It may hold a key. (A string keeps its memory when an empty one is moved into it.)
    std::vector<char, wiping_allocator<char>> body_;
    part next_ = part::size;
    std::size_t chunk_left_ = 0;
    std::size_t overhead_ = 0;
};

}  // namespace opd::http
