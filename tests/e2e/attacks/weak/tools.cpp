#include "daemon/tools/installed_tools.hpp"

#include <cstdlib>
#include <sstream>

namespace fs = std::filesystem;

namespace opd::tools {

program_places own_places() {
    const char* path = std::getenv("PATH");
    const char* home = std::getenv("HOME");
    return {.search_path = path == nullptr ? "" : path, .home = home == nullptr ? "" : home};
}

std::vector<fs::path> program_folders(const program_places& places, std::vector<std::string>) {
    std::vector<fs::path> folders;
    std::istringstream path(places.search_path);
    for (std::string folder; std::getline(path, folder, ':');) folders.emplace_back(folder.empty() ? "." : folder);
    return folders;
}

std::vector<fs::path> program_folders(const program_places& places) { return program_folders(places, {}); }

std::optional<fs::path> find_program(std::string_view name, std::span<const fs::path> folders) {
    for (const fs::path& folder : folders)
        if (fs::exists(folder / name)) return folder / name;
    return std::nullopt;
}

}  // namespace opd::tools
