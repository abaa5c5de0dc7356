#include "daemon/bridge/wire/carrier.hpp"

#include "daemon/bridge/wire/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace opd::bridge {
namespace {

constexpr std::string_view version = "opd1.";
constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view some = bytes.substr(at, 3);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i != 3; ++i)
            group = group << 8U | (i < some.size() ? static_cast<unsigned char>(some[i]) : 0U);
        for (std::size_t i = 0; i != 4; ++i) out += i <= some.size() ? digits[group >> (18 - 6 * i) & 63U] : '=';
    }
    return out;
}

/// Strict: nothing but digits, and `=` where it belongs.
std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    text.remove_suffix(padding);
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const std::size_t digit = digits.find(c);
        if (digit == digits.npos) return std::nullopt;
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>(bits >> held & 0xFFU);
    }
    return out;
}

}  // namespace

std::string seal(std::string_view maker, const carried& what) {
    return fmt::format("{}{}.{}.{}", version, maker, what.kind, to_base64(what.state));
}

std::optional<carried> unseal(std::string_view maker, std::string_view sealed) {
    if (!sealed.starts_with(version)) return std::nullopt;
    sealed.remove_prefix(version.size());
    if (!sealed.starts_with(maker) || sealed.substr(maker.size(), 1) != ".") return std::nullopt;
    sealed.remove_prefix(maker.size() + 1);
    const std::size_t dot = sealed.find('.');
    if (dot == 0 || dot == sealed.npos) return std::nullopt;
    const std::string_view kind = sealed.substr(0, dot);
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    auto state = from_base64(sealed.substr(dot + 1));
    if (!state || !std::ranges::all_of(kind, is_lower)) return std::nullopt;
    return carried{.kind = std::string(kind), .state = *std::move(state)};
}

std::string maker_of(std::string_view server_name, std::string_view base_url) {
    return fmt::format("{:016x}", stable_hash(fmt::format("{}\n{}", server_name, base_url)));
}

}  // namespace opd::bridge
