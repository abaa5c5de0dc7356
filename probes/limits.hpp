#pragma once

#include <cstddef>
#include <cstdint>

namespace opd {

/// What one probe of one model server may cost, besides its time-out: passed down from who starts it.
struct probe_limits {
    std::uint32_t header_bytes = 64 * 1024;  ///< of one answer; of a chunk's extensions and trailers, too
    /// Of one answer, and of all pages of a list together. OpenRouter's list was 532 KB in August 2026, and grows.
    std::uint64_t body_bytes = std::uint64_t{8} * 1024 * 1024;
    unsigned interim_answers = 8;         ///< 100, 103 before the real one; more is a server that only talks
    std::size_t rate_limit_headers = 32;  ///< looked at, of those that say when to come back
    std::size_t pages = 50;
    std::size_t models = 20'000;  ///< kept; the rest is read and forgotten
};

}  // namespace opd
