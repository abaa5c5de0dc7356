#include "config/base/ascii.hpp"
#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "daemon/launch/plan.hpp"
#include "daemon/peers/peer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace opd::launch {
namespace {

/// In the user namespace of a sandbox root may be one of those without a name, and then it cannot be told from others.
/// The tool looks again, outside.
bool may_be_root(uid_t owner) { return owner == 0 || (owner != ::geteuid() && owner == peers::nameless_uid()); }

bool only_root_can_change(const std::filesystem::path& path, mode_t type) {
    struct stat found{};
    return lstat(path.c_str(), &found) == 0 && (found.st_mode & S_IFMT) == type && may_be_root(found.st_uid) &&
           (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

}  // namespace

recipe recipe_of(const llm_tool& tool) {
    constexpr std::array<std::pair<std::string_view, recipe>, 3> recipes{
        {{"claude", add_claude}, {"codex", add_codex}, {"gemini", add_gemini}}};
    for (const auto& [name, add] : recipes)
        if (name == tool.name) return add;
    return nullptr;
}

void add_option(std::vector<std::string>& argv, std::string_view name, std::string_view value) {
    if (value.starts_with('-'))
        argv.push_back(fmt::format("{}={}", name, value));
    else
        add_arguments(argv, {name, value});
}

void add_arguments(std::vector<std::string>& argv, std::initializer_list<std::string_view> arguments) {
    argv.insert(argv.end(), arguments.begin(), arguments.end());
}

void set_variable(launch_plan& plan, std::string_view name, std::string_view value) {
    plan.env.push_back({.name = std::string(name), .text = std::string(value)});
}

void copy_variable(launch_plan& plan, std::string_view name, const env_entry& of) {
    plan.env.push_back(of);
    plan.env.back().name = name;
}

void add_permission_mode(const recipe_input& from, std::span<const permission_word> known, launch_plan& plan) {
    const auto& wanted = from.settings.permission_mode;
    if (!wanted) return;
    const auto found = std::ranges::find(known, *wanted, &permission_word::word);
    if (found != known.end()) {
        for (std::string_view left = found->arguments; !left.empty();) plan.argv.emplace_back(next_part(left, ' '));
        return;
    }
    const std::vector<std::string_view> words = names_of(known, &permission_word::word);
    plan.warnings.push_back(fmt::format("{} has no permission_mode {} and starts with its own default; there are {}",
                                        from.chosen.tool->name, in_quotes(*wanted), enumeration(words)));
}

void add_session(std::string_view id, std::initializer_list<std::string_view> last, std::string_view word,
                 launch_plan& plan) {
    if (id == "last")
        add_arguments(plan.argv, last);
    else
        add_arguments(plan.argv, {word, id});
}

std::string model_header(const launch_choice& chosen) { return "X-Operator-Model: " + percent_encoded(chosen.model); }

std::optional<std::string> trusted_file(const std::filesystem::path& file) {
    if (!file.is_absolute() || !only_root_can_change(file, S_IFREG)) return std::nullopt;
    for (std::filesystem::path folder = file.parent_path();; folder = folder.parent_path()) {
        if (!only_root_can_change(folder, S_IFDIR)) return std::nullopt;
        if (folder == folder.root_path()) return file.string();
    }
}

}  // namespace opd::launch
