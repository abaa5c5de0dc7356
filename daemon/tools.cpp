#include "daemon/tools.hpp"

#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

bool is_program(const std::filesystem::path& file) {
    struct stat found{};
    return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
           ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0;
}

}  // namespace

std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view search_path) {
    while (!search_path.empty()) {
        const std::size_t end = search_path.find(':');
        const std::filesystem::path folder(search_path.substr(0, end));
        search_path.remove_prefix(end == search_path.npos ? search_path.size() : end + 1);
        if (!folder.is_absolute()) continue;
        if (auto file = folder / name; is_program(file)) return file;
    }
    return std::nullopt;
}

std::vector<found_tool> find_tools(std::string_view search_path) {
    std::vector<found_tool> found;
    for (const llm_tool& tool : llm_tools()) {
        if (auto path = find_program(tool.name, search_path))
            found.push_back({.tool = &tool, .path = std::move(*path)});
    }
    return found;
}

std::string own_search_path() {
    const char* const path = std::getenv("PATH");
    return path == nullptr ? std::string() : std::string(path);
}

}  // namespace opd
