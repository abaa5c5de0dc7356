#include "daemon/tools/tools.hpp"

#include "config/base/ascii.hpp"
#include "config/base/paths.hpp"
#include "config/base/spawn.hpp"
#include "daemon/tools/version_number.hpp"

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

}  // namespace opd::tools
