#include "client/launch/launch.hpp"
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

result<json::object> read_settings(const fs::path& file) {
    const auto text = read_file(file, max_settings_bytes);
    if (!text && (text.error() == std::errc::no_such_file_or_directory || text.error() == std::errc::not_a_directory))
        return json::object();
    if (!text) return cannot("read", file, std::make_error_code(text.error()));
    std::string_view rest = *text;
    rest.remove_prefix(byte_order_mark_of(rest));
    if (rest.find_first_not_of(" \t\r\n") == rest.npos) return json::object();
    json::parse_options lenient;
    lenient.allow_comments = true;
    lenient.allow_trailing_commas = true;
    lenient.allow_invalid_utf8 = true;
    boost::system::error_code error;
    json::value value = json::parse({rest.data(), rest.size()}, error, {}, lenient);
    if (error || !value.is_object())
        return problem{fmt::format("{}: not a JSON object ({})", printable(file.string()),
                                   error ? error.message() : "it is something else"),
                       "the agent could not read it either: correct it"};
    return std::move(value.get_object());
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

result<fs::path> prepare_home(const private_home& home, const std::string& tool, const environment& caller) {
    const auto state = default_state_folder([&caller](const char* name) {
        return std::string_view(name) == "HOME" ? std::optional(home_of(caller)) : value_in(caller, name);
    });
    if (!state) return state.error();
    fs::path ours = *state / (tool + "-home");
    const auto users = users_folder(home, ours, caller);
    if (!users) return users.error();
    auto settings = read_settings(*users / home.file);
    if (!settings) return settings.error();
    const fs::path folder = ours / home.folder;
    if (auto made = make_private(ours, folder); !made) return made.error();
    remove_dead_links(folder, *users);
    if (auto linked = link_entries(*users, folder, home.file); !linked) return linked.error();
    const std::string text = json::serialize(merged_settings(std::move(*settings), home.settings)) + '\n';
    if (auto written = write_file(folder / home.file, text, {.mode = 0600, .replace = true}); !written)
        return written.error();
    return ours;
}

}  // namespace opd
