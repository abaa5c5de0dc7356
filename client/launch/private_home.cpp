#include "client/launch/launch.hpp"
#include "client/settings_text.hpp"
#include "client/system.hpp"
#include "client/text.hpp"
#include "config/base/disk.hpp"
#include "config/base/paths.hpp"
#include "config/base/utf8.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <system_error>

namespace opd {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t max_settings_bytes = std::size_t{1} << 20;

problem cannot(std::string_view what, const fs::path& path, const std::error_code& why) {
    return {fmt::format("cannot {} {}: {}", what, printable(path.string()), why.message()),
            "the agent needs a settings folder of its own there"};
}

/// Where the agent would look without us: below the home that its variable names, else below the user's.
result<fs::path> users_folder(const private_home& home, const fs::path& ours, const environment& caller) {
    const std::string named = value_in(caller, home.variable).value_or("");
    std::error_code ignored;
    if (!named.empty() && named != ours.string() && !fs::equivalent(named, ours, ignored))
        return fs::absolute(named) / home.folder;
    const std::string users = home_of(caller);
    if (users.empty()) return problem{"HOME is not set", "set it to your home folder"};
    return fs::absolute(users) / home.folder;
}

struct settings_file {
    std::string text;  ///< empty: it is not there
    json::object values;
};

result<settings_file> load_settings(const fs::path& file) {
    auto text = read_file(file, max_settings_bytes);
    if (!text && (text.error() == std::errc::no_such_file_or_directory || text.error() == std::errc::not_a_directory))
        return settings_file();
    if (!text) return cannot("read", file, std::make_error_code(text.error()));
    auto values = read_settings(*text);
    if (!values)
        return problem{fmt::format("{}: not a JSON object ({})", printable(file.string()), values.error()),
                       "the agent could not read it either: correct it"};
    return settings_file{.text = *std::move(text), .values = *std::move(values)};
}

const json::object& object_in(const json::value* value) {
    static const json::object none;
    return value != nullptr && value->is_object() ? value->get_object() : none;
}

bool are_same(const json::value* a, const json::value* b) { return a == nullptr || b == nullptr ? a == b : *a == *b; }

/// What differs between two versions of an object, apart from what is ours, goes into the user's text, unless the user
/// has another value there by now.
struct change_back {
    std::string& text;
    std::vector<std::string> path = {};

    void apply(const json::object& before, const json::object& after, const json::object& users,
               const json::object& forced) {
        json::object all = before;
        for (const auto& [name, value] : after) all[name] = value;
        for (const auto& [name, ignored] : all) {
            const json::value* const was = before.if_contains(name);
            const json::value* const is = after.if_contains(name);
            const json::value* const own = forced.if_contains(name);
            const json::value* const theirs = users.if_contains(name);
            if (are_same(was, is)) continue;
            path.emplace_back(name);
            if (is != nullptr && is->is_object() && (was == nullptr || was->is_object()))
                apply(object_in(was), is->get_object(), object_in(theirs), object_in(own));
            else if (own == nullptr && are_same(was, theirs))
                text = with_setting(text, path, is);
            path.pop_back();
        }
    }
};

/// Brings into the user's settings what the agent has changed in our copy since `base` was written.
result<void> merge_back(const fs::path& copy, const fs::path& base, const json::object& forced, const fs::path& file,
                        settings_file& users) {
    const auto was = load_settings(base);
    const auto is = load_settings(copy);
    if (!was || !is || was->text.empty() || is->text.empty() || was->values == is->values) return {};
    std::string text = users.text;
    change_back{.text = text}.apply(was->values, is->values, users.values, forced);
    if (text == users.text) return {};
    if (const auto made = make_folders(file.parent_path()); !made)
        return cannot("make", file.parent_path(), std::make_error_code(made.error()));
    std::error_code error;
    const fs::path real = fs::exists(file, error) ? fs::canonical(file, error) : file;
    const auto mode =
        fs::exists(real, error) ? static_cast<mode_t>(fs::status(real, error).permissions()) : mode_t{0600};
    if (auto written = write_file(real, text, {.mode = mode & 0777U, .replace = true}); !written) return written;
    auto values = read_settings(text);
    users = {.text = std::move(text), .values = values ? *std::move(values) : json::object()};
    return {};
}

/// The user's folder of that name, with what the agent has put into ours.
void share_folder(const fs::path& users, const fs::path& ours) {
    std::error_code ignored;
    if (!fs::exists(users, ignored)) {
        fs::create_directories(users, ignored);
        fs::permissions(users, fs::perms::owner_all, ignored);
    }
    if (fs::is_symlink(ours, ignored) || !fs::is_directory(ours, ignored)) return;
    std::error_code error;
    for (fs::directory_iterator at(ours, error); !error && at != fs::directory_iterator(); at.increment(error)) {
        const fs::path to = users / at->path().filename();
        if (!fs::exists(to, ignored)) fs::rename(at->path(), to, ignored);
    }
    fs::remove(ours, ignored);  // if nothing is left in it
}

/// One entry of the user's folder, seen from ours. What the agent has put in its place is left alone.
result<void> link_entry(const fs::path& users, const fs::path& ours) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(ours, error);
    if (fs::is_symlink(status)) {
        if (fs::read_symlink(ours, error) == users) return {};
        fs::remove(ours, error);
    } else if (fs::exists(status)) {
        return {};
    }
    fs::create_symlink(users, ours, error);
    // Another launch may have been faster.
    if (error && error != std::errc::file_exists) return cannot("make the link", ours, error);
    return {};
}

/// Links to what the user no longer has.
void remove_dead_links(const fs::path& ours, const fs::path& users) {
    std::error_code error;
    for (fs::directory_iterator at(ours, error); !error && at != fs::directory_iterator(); at.increment(error)) {
        std::error_code ignored;
        if (!at->is_symlink(ignored) || fs::exists(at->path(), ignored)) continue;
        if (fs::read_symlink(at->path(), ignored).parent_path() == users) fs::remove(at->path(), ignored);
    }
}

result<void> link_entries(const fs::path& users, const fs::path& ours, const std::string& except) {
    std::error_code error;
    for (fs::directory_iterator at(users, error); !error && at != fs::directory_iterator(); at.increment(error)) {
        const fs::path name = at->path().filename();
        if (name == except) continue;
        if (auto linked = link_entry(at->path(), ours / name); !linked) return linked;
    }
    if (error && error != std::errc::no_such_file_or_directory) return cannot("read", users, error);
    return {};
}

result<void> make_private(const fs::path& home, const fs::path& folder) {
    if (const auto made = make_folders(folder); !made)
        return cannot("make", folder, std::make_error_code(made.error()));
    std::error_code error;
    fs::permissions(home, fs::perms::owner_all, error);
    if (error) return cannot("protect", home, error);
    return {};
}

}  // namespace

json::object merged_settings(json::object users, const json::object& ours) {
    for (const auto& [name, value] : ours) {
        json::value& before = users[name];
        if (before.is_object() && value.is_object())
            before = merged_settings(std::move(before.get_object()), value.get_object());
        else
            before = value;
    }
    return users;
}

result<prepared_home> prepare_home(const private_home& home, const std::string& tool, const environment& caller) {
    const auto state = default_state_folder([&caller](const char* name) {
        return std::string_view(name) == "HOME" ? std::optional(home_of(caller)) : value_in(caller, name);
    });
    if (!state) return state.error();
    const fs::path ours = *state / (tool + "-home");
    const auto users = users_folder(home, ours, caller);
    if (!users) return users.error();
    auto settings = load_settings(*users / home.file);
    if (!settings) return settings.error();
    const fs::path folder = ours / home.folder;
    const fs::path copy = folder / home.file;
    const fs::path base = ours / (home.file + ".base");
    if (auto made = make_private(ours, folder); !made) return made.error();
    if (auto merged = merge_back(copy, base, home.settings, *users / home.file, *settings); !merged)
        return merged.error();
    for (const std::string& name : home.shared) share_folder(*users / name, folder / name);
    remove_dead_links(folder, *users);
    if (auto linked = link_entries(*users, folder, home.file); !linked) return linked.error();
    const std::string text = json::serialize(merged_settings(std::move(settings->values), home.settings)) + '\n';
    for (const fs::path& file : {copy, base})
        if (auto written = write_file(file, text, {.mode = 0600, .replace = true}); !written) return written.error();
    prepared_home ready{.path = ours, .variables = {fmt::format("{}={}", home.variable, ours.string())}};
    for (const auto& [variable, file] : home.names)
        if (value_in(caller, variable).value_or("").empty())
            ready.variables.push_back(fmt::format("{}={}", variable, (*users / file).string()));
    return ready;
}

}  // namespace opd
