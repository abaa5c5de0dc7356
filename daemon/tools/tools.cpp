#include "config/base/ascii.hpp"
#include "config/base/paths.hpp"
#include "config/base/spawn.hpp"
#include "daemon/tools/installed_tools.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace fs = std::filesystem;

namespace opd::tools {
namespace {

constexpr std::array<std::string_view, 6> folders_of_home{".local/bin", "bin",        ".npm-global/bin",
                                                          ".bun/bin",   ".volta/bin", ".claude/local"};
constexpr std::string_view node_versions_of_home = ".nvm/versions/node";

bool is_newer(const std::string& a, const std::string& b) {
    const auto version_a = parse_version(a);
    const auto version_b = parse_version(b);
    if (version_a && version_b) return compare(*version_a, *version_b) > 0;
    return version_a.has_value() == version_b.has_value() ? a > b : version_a.has_value();
}

constexpr std::size_t longest_version = 64;
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

program_places own_places() {
    return {.search_path = own_variable("PATH").value_or(""), .home = own_variable("HOME").value_or("")};
}

std::vector<fs::path> program_folders(const program_places& places, std::vector<std::string> node_versions) {
    std::vector<fs::path> folders;
    const auto add = [&](const fs::path& folder) {
        if (folder.is_absolute() && std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
    };
    std::string_view left = places.search_path;
    while (!left.empty()) add(next_part(left, ':'));
    if (places.home.empty()) return folders;
    for (const std::string_view folder : folders_of_home) add(places.home / folder);
    std::ranges::sort(node_versions, is_newer);
    for (const std::string& version : node_versions) add(places.home / node_versions_of_home / version / "bin");
    add("/usr/local/bin");
    return folders;
}

std::vector<fs::path> program_folders(const program_places& places) {
    std::vector<std::string> node_versions;
    std::error_code failed;
    for (fs::directory_iterator one(places.home / node_versions_of_home, failed); !failed && one != fs::end(one);
         one.increment(failed))
        node_versions.push_back(one->path().filename().string());
    return program_folders(places, std::move(node_versions));
}

std::optional<fs::path> find_program(std::string_view name, std::span<const fs::path> folders) {
    for (const fs::path& folder : folders)
        if (auto file = folder / name; is_program(file)) return file;
    return std::nullopt;
}

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
