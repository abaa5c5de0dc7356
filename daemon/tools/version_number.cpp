#include "daemon/tools/version_number.hpp"

#include "config/base/ascii.hpp"

#include <algorithm>

namespace opd::tools {
namespace {

constexpr std::size_t longest_version = 64;
constexpr std::string_view digits = "0123456789";
constexpr std::string_view identifier_characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

bool consists_of(std::string_view text, std::string_view characters) {
    return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

std::strong_ordering compare_identifiers(const std::string& a, const std::string& b) {
    const auto number_a = read_number<std::uint64_t>(a);
    const auto number_b = read_number<std::uint64_t>(b);
    if (number_a && number_b) return *number_a <=> *number_b;
    if (number_a || number_b) return number_b.has_value() <=> number_a.has_value();
    return a <=> b;
}

std::string_view without_v(std::string_view text) {
    if (text.starts_with('v')) text.remove_prefix(1);
    return text;
}

}  // namespace

std::strong_ordering compare(const version_number& a, const version_number& b) {
    for (std::size_t i = 0; i != std::max(a.numbers.size(), b.numbers.size()); ++i) {
        const std::uint64_t number_a = i < a.numbers.size() ? a.numbers[i] : 0;
        const std::uint64_t number_b = i < b.numbers.size() ? b.numbers[i] : 0;
        if (number_a != number_b) return number_a <=> number_b;
    }
    if (a.pre_release.empty() || b.pre_release.empty()) return a.pre_release.empty() <=> b.pre_release.empty();
    return std::lexicographical_compare_three_way(a.pre_release.begin(), a.pre_release.end(), b.pre_release.begin(),
                                                  b.pre_release.end(), compare_identifiers);
}

std::optional<version_number> parse_version(std::string_view text) {
    if (text.size() > longest_version) return std::nullopt;
    text = without_v(text);
    const std::size_t build = text.find('+');
    if (build != text.npos && !consists_of(text.substr(build + 1), std::string(identifier_characters) + '.'))
        return std::nullopt;
    text = text.substr(0, build);
    const std::size_t hyphen = text.find('-');
    version_number read;
    for (const std::string_view part : split(text.substr(0, hyphen), '.')) {
        const auto value = read_number<std::uint64_t>(part);
        if (!value) return std::nullopt;
        read.numbers.push_back(*value);
    }
    if (read.numbers.size() < 2) return std::nullopt;
    if (hyphen == text.npos) return read;
    for (const std::string_view part : split(text.substr(hyphen + 1), '.')) {
        if (!consists_of(part, identifier_characters)) return std::nullopt;
        read.pre_release.emplace_back(part);
    }
    return read;
}

std::optional<std::string> find_version(std::string_view text) {
    constexpr std::string_view between = " \t\r\n()[],;:\"'";
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(between), text.size()));
        if (text.empty()) return std::nullopt;
        const std::string_view word = text.substr(0, text.find_first_of(between));
        if (parse_version(word)) return std::string(without_v(word));
        text.remove_prefix(word.size());
    }
}

std::optional<bool> is_at_least(std::string_view version, std::string_view minimum) {
    const auto have = parse_version(version);
    const auto want = parse_version(minimum);
    if (!have || !want) return std::nullopt;
    return compare(*have, *want) >= 0;
}

}  // namespace opd::tools
