#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::tools {

/// Where this process looks for programs.
struct program_places {
    std::string search_path;     ///< a PATH (`/a:/b`)
    std::filesystem::path home;  ///< the user's; empty: only the search path counts
};

/// `$PATH` and `$HOME` of this process.
program_places own_places();

/// The folders of the search path; then, since that of a service is short, those of the home where llm tools and their
/// installers (npm, bun, volta, nvm) put programs, those of the newest of nvm's `node_versions` first; and
/// /usr/local/bin. Each folder once. Those that are not absolute are passed over: nothing depends on the current
/// directory.
std::vector<std::filesystem::path> program_folders(const program_places&, std::vector<std::string> node_versions);

/// The same for what nvm has installed now.
std::vector<std::filesystem::path> program_folders(const program_places&);

/// The first executable file of this name in the folders.
std::optional<std::filesystem::path> find_program(std::string_view name, std::span<const std::filesystem::path>);

}  // namespace opd::tools
