#include "client/answers.hpp"
#include "client/launch/launch.hpp"
#include "client/system.hpp"
#include "config/base/disk.hpp"
#include "config/base/paths.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <system_error>

namespace opd {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t most_folders = 200;
constexpr std::size_t most_bytes = std::size_t{1} << 20;

/// `launches.json` in the state folder: `{FOLDER: {delegator | llm_tool, model, model_server}}`, the newest last.
std::optional<fs::path> file_of(const environment& caller) {
    const auto folder = default_state_folder([&caller](const char* name) {
        return std::string_view(name) == "HOME" ? std::optional(home_of(caller)) : value_in(caller, name);
    });
    return folder ? std::optional(*folder / "launches.json") : std::nullopt;
}

json::object read_all(const fs::path& file) {
    const auto text = read_file(file, most_bytes);
    auto all = text ? parse_object(*text) : std::nullopt;
    return all ? *std::move(all) : json::object();
}

std::string this_folder() {
    std::error_code ignored;
    return fs::current_path(ignored).string();
}

}  // namespace

void remember_launch(const received_plan& plan, const environment& caller) {
    const auto file = file_of(caller);
    const std::string folder = this_folder();
    if (!file || folder.empty() || !make_folders(file->parent_path())) return;
    json::object all = read_all(*file);
    json::object one;
    if (!plan.delegator.empty())
        one["delegator"] = plan.delegator;
    else
        one = {{"llm_tool", plan.tool}, {"model", plan.model}, {"model_server", plan.model_server}};
    if (const auto* const known = all.if_contains(folder); known != nullptr && *known == one) return;
    json::object kept;
    const std::size_t too_many = all.size() - std::min(all.size(), most_folders - 1);
    for (auto entry = all.begin() + static_cast<std::ptrdiff_t>(too_many); entry != all.end(); ++entry)
        if (entry->key() != folder) kept.insert(std::move(*entry));
    kept[folder] = std::move(one);
    // A launch is worth more than its memory: where there is no place for it, --resume wants the names again.
    (void)write_file(*file, json::serialize(kept) + '\n', {.mode = 0600, .replace = true});
}

std::optional<last_launch> find_last_launch(const environment& caller) {
    const auto file = file_of(caller);
    if (!file) return std::nullopt;
    const json::object all = read_all(*file);
    const json::object& one = object_of(all, this_folder());
    const auto told = [&one](const char* name) {
        std::string text = text_of(one, name);
        return text.empty() ? std::nullopt : std::optional(std::move(text));
    };
    last_launch found{.delegator = told("delegator"),
                      .llm_tool = told("llm_tool"),
                      .model = told("model"),
                      .model_server = told("model_server")};
    if (!found.delegator && !(found.llm_tool && found.model)) return std::nullopt;
    return found;
}

}  // namespace opd
