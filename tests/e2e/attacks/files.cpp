// What can be done with files: those of others in the place of the user's, those that others can read or change, and
// names that mean more than they seem to.

#include "tests/e2e/attacks/asking.hpp"
#include "tests/e2e/attacks/attack.hpp"
#include "tests/e2e/attacks/foreign_socket.hpp"
#include "tests/e2e/rest.hpp"
#include "tests/support/other_user.hpp"
#include "tests/support/without_privileges.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd::test {
namespace {

constexpr std::string_view key = "planted-key-Zk4Tm9Qw";
constexpr std::string_view unprobed =
    "[[model_servers]]\nname = \"lab\"\nkind = \"openai-compat\"\nbase_url = \"http://127.0.0.1:9\"\n"
    "api_key_env = \"LAB_KEY\"\nprobe = \"never\"\n"
    "[[model_servers]]\nname = \"for-gemini\"\nkind = \"google-api\"\nbase_url = \"http://127.0.0.1:9\"\n"
    "api_key_env = \"LAB_KEY\"\nprobe = \"never\"\n";

void give_away(const fs::path& file) {
    if (!can_be_another_user()) throw skipped{"only root can give a file away"};
    if (::chown(file.c_str(), nobody, nobody) != 0) throw skipped{"files cannot be given away here"};
}

/// Keys from a file that stands in the place of keys.env.
struct planted_keys {
    fs::path write(std::string_view name, mode_t mode) const {
        const fs::path file = home.write(name, fmt::format("LAB_KEY={}\n", key));
        ::chmod(file.c_str(), mode);
        return file;
    }

    bool are_taken(arena& where) const {
        const running_daemon daemon = where.own_daemon(unprobed, {{"HOME", home.path()}});
        rest_client client(daemon.local());
        return client.get("/keys/LAB_KEY").json.at("source") == "keys.env";
    }

    static constexpr std::string_view usual_name = ".config/operator/keys.env";
    temp_folder home;
};

bool keys_are_taken(arena& where, mode_t mode) {
    const planted_keys planted;
    planted.write(planted_keys::usual_name, mode);
    return planted.are_taken(where);
}

/// A daemon that other machines can reach relies on this token.
struct planted_token {
    bool is_relied_on(arena& where) const {
        const process daemon({program_path(where.program("operatord")), "--listen", "0.0.0.0:0", "--socket", "none"},
                             {{"HOME", home.path()}});
        return daemon.wait_for_line("listening on http://0.0.0.0:").has_value();
    }

    static constexpr std::string_view usual_name = ".local/state/operator/token";
    temp_folder home;
    std::string text = std::string(64, 'a') + "\n";
};

/// Starts a daemon whose socket is to be where this is already. A naive one makes room first.
bool loses_its_place(arena& where, const fs::path& socket) {
    if (where.is_naive()) return fs::remove(socket);
    const fs::file_type before = fs::symlink_status(socket).type();
    const process daemon({program_path(where.program("operatord")), "--listen", "none", "--socket", socket},
                         {{"HOME", socket.parent_path()}});
    if (daemon.wait_for_line("is ready", std::chrono::seconds(10))) return true;
    return fs::symlink_status(socket).type() != before;
}

/// Keys are pushed to a socket that another user has put in the place of the daemon's.
bool is_told_keys(arena& where) {
    if (!can_be_another_user()) throw skipped{"only root can be another user"};
    const temp_folder folder;
    fs::permissions(folder.path(), fs::perms::all);
    foreign_socket socket(folder.path() / "s");
    where.operatorctl({"--socket", folder.path() / "s", "keys", "push", "LAB_KEY"}, {{"LAB_KEY", std::string(key)}});
    return socket.heard().find(key) != std::string::npos;
}

/// Something that never ends stands in the place of the configuration. A naive program reads it.
bool reads_for_ever(arena& where, const fs::path& file) {
    std::vector<std::string> command{"/usr/bin/wc", "-c", file};
    if (!where.is_naive()) command = {program_path(where.program("operatord")), "--check-config", "--config", file};
    return !process(command).wait_for_exit(std::chrono::milliseconds(where.is_naive() ? 200 : 5000)).has_value();
}

bool reads_a_pipe(arena& where) {
    const temp_folder folder;
    if (::mkfifo((folder.path() / "operator.toml").c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
    return reads_for_ever(where, folder.path() / "operator.toml");
}

bool reads_zeros(arena& where) {
    const temp_folder folder;
    fs::create_symlink("/dev/zero", folder.path() / "operator.toml");
    return reads_for_ever(where, folder.path() / "operator.toml");
}

/// Whether a codex is run that lies in a folder to which PATH only points from where the daemon was started.
bool runs_what_lies_about(arena& where) {
    const temp_folder folder;
    const fs::path tool = folder.write("bin/codex", "#!/bin/sh\n: >\"${0%/*}/seen\"\necho codex-cli 1.0.0\n");
    fs::permissions(tool, fs::perms::owner_all);
    // Up to the root, so that it leads there from the folder in which a program is run as well.
    std::string relative = tool.parent_path().relative_path();
    for (const fs::path& one : fs::current_path().relative_path()) relative.insert(0, one.empty() ? "" : "../");
    const running_daemon daemon = where.own_daemon(unprobed, {{"PATH", relative + ":/usr/bin:/bin"}});
    daemon.get("/llm-tools");
    return fs::exists(folder.path() / "bin/seen");
}

/// A script of `operatorctl launch`, and what comes of running it.
class script_scene {
public:
    explicit script_scene(arena& where, const fs::path& home_below = {}) : where_(where) {
        const fs::path home = folder_.path() / home_below;
        fs::create_directories(home);
        for (const char* tool : {"codex", "gemini"})
            fs::permissions(folder_.write(fmt::format("bin/{}", tool), "#!/bin/sh\n"), fs::perms::owner_all);
        caller_ = {{"HOME", home},
                   {"PATH", folder_.path().string() + "/bin:/usr/bin:/bin"},
                   {"LAB_KEY", "k"},
                   {"LAB_SECRET", "s"}};
    }

    arena::finished write(std::vector<std::string> words) {
        words.insert(words.begin(), {"--socket", where_.daemon().socket(), "launch", "--script", script().string()});
        return where_.operatorctl(words, caller_);
    }

    /// Whether something was done by the script that nobody has asked for.
    bool does_more_than_launch(const std::vector<std::string>& words) {
        const arena::finished written = write(words);
        if (!fs::exists(script())) throw std::runtime_error("there is no script: " + written.err);
        caller_["HOME"] = folder_.path();
        process({"/bin/sh", script()}, caller_).wait_for_exit();
        return fs::exists(folder_.path() / "marker");
    }

    fs::path script() const { return folder_.path() / "script"; }

    const temp_folder& folder() const { return folder_; }

private:
    arena& where_;
    temp_folder folder_;
    process::environment caller_;
};

bool injects_model(arena& where, const std::string& model) {
    return script_scene(where).does_more_than_launch(
        {"--llm-tool", "codex", "--model", model, "--model-server", "lab"});
}

bool overwrites(arena& where, const std::vector<std::string>& more, bool over_a_link) {
    script_scene scene(where);
    const fs::path precious = scene.folder().write(over_a_link ? "precious" : "script", "precious");
    if (over_a_link) fs::create_symlink(precious, scene.script());
    std::vector<std::string> words{"--llm-tool", "codex", "--model", "m", "--model-server", "lab"};
    words.insert(words.end(), more.begin(), more.end());
    scene.write(words);
    return read_file(precious) != "precious";
}

/// gemini is told to believe settings that others than root can change. They lie where an installed operatord has
/// them.
bool hands_on_settings(arena& where) {
    const temp_folder installed;
    const fs::path original = program_path(where.program("operatord"));
    const fs::path program = installed.path() / "bin/operatord";
    fs::create_directories(program.parent_path());
    std::error_code other_disk;
    fs::create_hard_link(original, program, other_disk);
    if (other_disk) fs::copy_file(original, program);
    installed.write("share/operator/gemini-settings.json", "{}");
    const fs::path socket = installed.path() / "s";
    installed.write("operator.toml", unprobed);
    const process daemon(
        {program, "--config", installed.path() / "operator.toml", "--listen", "none", "--socket", socket},
        {{"HOME", installed.path()}});
    if (!daemon.wait_for_line("is ready")) throw std::runtime_error("it does not start: " + daemon.standard_error());
    const rest_answer plan =
        rest_client(http_client::over_unix_socket(socket))
            .post("/launch/resolve",
                  {{"llm_tool", "gemini"}, {"model", "m"}, {"model_server", "for-gemini"}, {"force", true}});
    return plan.http.body.find((installed.path() / "share").string()) != std::string::npos;
}

constexpr std::array<attack, 22> files_table{{
    {"keys.env that others can read", [](arena& where) { return keys_are_taken(where, 0644); }},
    {"keys.env that others can change", [](arena& where) { return keys_are_taken(where, 0602); }},
    {"keys.env of another user",
     [](arena& where) {
         const planted_keys planted;
         give_away(planted.write(planted_keys::usual_name, 0600));
         return planted.are_taken(where);
     }},
    {"keys.env as a link to a file of another user",
     [](arena& where) {
         const planted_keys planted;
         const fs::path file = planted.write("theirs", 0600);
         give_away(file);
         fs::create_directories(planted.home.path() / ".config/operator");
         fs::create_symlink(file, planted.home.path() / planted_keys::usual_name);
         return planted.are_taken(where);
     }},
    {"an access token that others can read",
     [](arena& where) {
         const planted_token planted;
         ::chmod(planted.home.write(planted_token::usual_name, planted.text).c_str(), 0644);
         return planted.is_relied_on(where);
     }},
    {"an access token of another user",
     [](arena& where) {
         const planted_token planted;
         const fs::path file = planted.home.write(planted_token::usual_name, planted.text);
         ::chmod(file.c_str(), 0600);
         give_away(file);
         return planted.is_relied_on(where);
     }},
    {"an access token as a link to a file that somebody knows",
     [](arena& where) {
         const planted_token planted;
         const fs::path file = planted.home.write("known", planted.text);
         ::chmod(file.c_str(), 0600);
         fs::create_directories(planted.home.path() / ".local/state/operator");
         fs::create_symlink(file, planted.home.path() / planted_token::usual_name);
         return planted.is_relied_on(where);
     }},
    {"a file in the place of the socket is removed",
     [](arena& where) {
         const temp_folder folder;
         return loses_its_place(where, folder.write("s", "precious"));
     },
     weakness::naive_program},
    {"a link in the place of the socket is followed, or removed",
     [](arena& where) {
         const temp_folder folder;
         fs::create_symlink(folder.path() / "elsewhere", folder.path() / "s");
         return loses_its_place(where, folder.path() / "s");
     },
     weakness::naive_program},
    {"a socket of another user in the place of the daemon's is handed keys", is_told_keys},
    {"a pipe in the place of the configuration, into which nobody writes", reads_a_pipe, weakness::naive_program},
    {"a configuration without end", reads_zeros, weakness::naive_program},
    {"a program in a folder that PATH names from where one happens to be", runs_what_lies_about},
    {"a model's name with a command in it, in a launch script",
     [](arena& where) { return injects_model(where, "$(cd;touch marker)"); }},
    {"a model's name with a command in it, of the old form",
     [](arena& where) { return injects_model(where, "\"`cd;touch marker`\""); }},
    {"an argument with a command in it",
     [](arena& where) {
         return script_scene(where).does_more_than_launch(
             {"--llm-tool", "codex", "--model", "m", "--model-server", "lab", "--", "$(cd;touch marker)"});
     }},
    {"a flag of a delegator with a command in it",
     [](arena& where) { return script_scene(where).does_more_than_launch({"--delegator", "flagged"}); }},
    {"a home with a command in its name",
     [](arena& where) {
         return script_scene(where, "$(cd;touch marker)")
             .does_more_than_launch({"--llm-tool", "gemini", "--model", "m", "--model-server", "for-gemini"});
     }},
    {"a script takes the place of what a link names",
     [](arena& where) { return overwrites(where, {"--force"}, true); }},
    {"a script takes the place of another file, unasked", [](arena& where) { return overwrites(where, {}, false); }},
    {"settings for gemini that others than root can change", hands_on_settings},
    {"a name that leads out of the interface's tree",
     [](arena& where) {
         return gets_through(where, {.target = "/api/v1/model-servers/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"}) ||
                gets_through(where, {.target = "/api/v1/../../../../../etc/passwd"}) ||
                gets_through(where, {.target = "//etc/passwd"});
     },
     weakness::naive_stub},
}};

}  // namespace

std::span<const attack> attacks_on_files() { return files_table; }

}  // namespace opd::test
