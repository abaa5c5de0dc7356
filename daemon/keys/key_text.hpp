#pragma once

#include "config/result.hpp"
#include "config/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace opd {

/// How much is taken of keys.
struct key_limits {
    std::size_t key_bytes = std::size_t{16} * 1024;
    std::size_t file_bytes = std::size_t{256} * 1024;  ///< of keys.env
    std::size_t pushed_keys = 256;
};

/// Why a text cannot be used as a key.
enum class key_fault : std::uint8_t { empty, too_long, control };

/// The text as a key. Blanks and line ends around it are dropped: `KEY=$(cat file)` and its kin leave them. One with
/// control characters inside could not be sent in a header, or would end it early.
result<secret, key_fault> read_key(std::string_view text, const key_limits&);

/// What is wrong, to follow the name of the key: `is empty`.
std::string words(key_fault, const key_limits&);

}  // namespace opd
