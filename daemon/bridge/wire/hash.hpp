#pragma once

#include <cstdint>
#include <string_view>

namespace opd::bridge {

/// FNV-1a: the same on every machine and in every version, since what is made of it stands in conversations.
constexpr std::uint64_t stable_hash(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return hash;
}

}  // namespace opd::bridge
