#include "tests/e2e/attacks/key_traces.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd::test {
namespace {

constexpr std::size_t shortest = 8;

}  // namespace

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) out += digits[(bits >> (count - 6)) & 0x3FU];
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string json_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    return out;
}

key_traces::key_traces(std::string_view key) {
    for (std::size_t at = 0; at + shortest <= key.size(); ++at) {
        const std::string_view part = key.substr(at, shortest);
        parts_.emplace_back(part);
        parts_.push_back(percent_encoded(part));
        parts_.push_back(json_escaped(part));
    }
    for (std::size_t at = 0; at < 3; ++at) parts_.push_back(base64(key.substr(at)).substr(0, 12));
}

bool key_traces::are_in(std::string_view text) const {
    return std::ranges::any_of(parts_, [text](const std::string& part) { return text.find(part) != text.npos; });
}

}  // namespace opd::test
