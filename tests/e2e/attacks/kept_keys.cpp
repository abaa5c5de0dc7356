// Where else keys could be found: kept by the daemon, in memory and on the disk, or handed on by operatorctl.

#include "tests/e2e/attacks/attack.hpp"
#include "tests/e2e/attacks/key_traces.hpp"
#include "tests/e2e/rest.hpp"
#include "tests/support/other_user.hpp"
#include "tests/support/without_privileges.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace opd::test {
namespace {

const std::string key{arena::holder_key};
const std::string key_in_json = fmt::format(R"({{"value":"{}"}})", key);

constexpr std::string_view unprobed =
    "[[model_servers]]\nname = \"lab\"\nkind = \"openai-compat\"\nbase_url = \"http://127.0.0.1:9\"\n"
    "api_key_env = \"LAB_KEY\"\nprobe = \"never\"\n";

bool holds_key(std::string_view text) {
    static const key_traces traces(arena::holder_key);
    return traces.are_in(text);
}

bool is_read_back(arena& where) {
    http_client client = where.is_stub() ? http_client::over_tcp("127.0.0.1", where.port()) : where.holder().local();
    client.request("PUT", "/api/v1/keys/OWN_KEY", {{"Content-Type", "application/json"}}, key_in_json);
    return holds_key(client.get("/api/v1/keys/OWN_KEY").body) || holds_key(client.get("/api/v1/keys").body);
}

/// Files of one home, after a daemon has been handed a key there and has changed its configuration; its umask is 0, and
/// forbids nothing.
struct used_home {
    explicit used_home(arena& where) {
        const mode_t before = ::umask(0);
        if (where.is_naive())
            folder.write(".local/state/keys", key);
        else
            where.start(daemon, unprobed);
        ::umask(before);
        if (!daemon) return;
        const auto as_json = header_list{{"Content-Type", "application/json"}};
        daemon->local().request("PUT", "/api/v1/keys/LAB_KEY", as_json, key_in_json);
        daemon->local().request("POST", "/api/v1/model-servers", as_json,
                                R"({"name":"more","kind":"ollama","extra_env":{"TOKEN":"literal"}})");
        if (!fs::exists(home() / ".local/state/operator/backups")) throw std::runtime_error("there is no backup");
    }

    fs::path home() const { return daemon ? daemon->home() : folder.path(); }

    temp_folder folder;
    std::optional<running_daemon> daemon;
};

bool is_on_disk(arena& where) {
    const used_home used(where);
    for (const auto& entry : fs::recursive_directory_iterator(used.home()))
        if (entry.is_regular_file() && holds_key(read_file(entry.path()))) return true;
    return false;
}

bool is_open_to_others(arena& where) {
    const used_home used(where);
    const fs::path config = used.home() / "operator.toml";  // ours: its mode is kept
    for (const auto& entry : fs::recursive_directory_iterator(used.home())) {
        const fs::perms others = fs::perms::group_all | fs::perms::others_all;
        const bool open = (entry.symlink_status().permissions() & others) != fs::perms::none;
        if (open && entry.path() != config) return true;
    }
    return false;
}

/// A program as codex, in a folder of its own.
void write_codex(const temp_folder& folder, std::string_view text) {
    const auto file = folder.write("bin/codex", text);
    fs::permissions(file, fs::perms::owner_all);
}

bool is_on_a_command_line(arena& where) {
    const temp_folder folder;
    const fs::path agent_file = folder.path() / "bin/codex";
    fs::create_directory(agent_file.parent_path());
    fs::create_symlink(program_path("agent-stub"), agent_file);
    const process::environment caller{{"HOME", folder.path()},
                                      {"PATH", agent_file.parent_path().string() + ":/usr/bin:/bin"},
                                      {"AGENT_STUB_FILE", folder.path() / "notes"},
                                      {"AGENT_STUB_END", "wait"},
                                      {"LAB_KEY", key}};
    std::vector<std::string> command{agent_file, "--api-key", key};
    if (!where.is_naive()) {
        command = {program_path(where.program("operatorctl")), "--socket", where.daemon().socket(), "launch"};
        command.insert(command.end(), {"--llm-tool", "codex", "--model", "lab-model", "--model-server", "lab"});
    }
    const process agent(command, caller);
    if (!agent.wait_for_line("ready")) throw std::runtime_error("no agent: " + agent.standard_error());
    return holds_key(read_file(fmt::format("/proc/{}/cmdline", agent.pid())));
}

/// The daemon runs `codex --version` to learn how old it is.
bool is_given_to_a_tool(arena& where) {
    const temp_folder folder;
    write_codex(folder, "#!/bin/sh\nenv > \"${0%/*}/seen\"\necho codex-cli 1.0.0\n");
    const process::environment keys{{"PATH", folder.path().string() + "/bin:/usr/bin:/bin"}, {"LAB_KEY", key}};
    if (where.is_naive()) {
        process({folder.path() / "bin/codex", "--version"}, keys).wait_for_exit();
    } else {
        const running_daemon daemon = where.own_daemon(unprobed, keys);
        daemon.get("/llm-tools");
    }
    const std::string seen = read_file(folder.path() / "bin/seen");
    if (seen.find("PATH=") == seen.npos) throw std::runtime_error("the tool was not run");
    return holds_key(seen);
}

/// Whoever owns the files of a process in /proc may attach a debugger to it (ptrace(2)). They are root's where a
/// process is not dumpable; root's daemon is therefore started as nobody.
bool is_open_to_debuggers(arena& where) {
    const uid_t user = ::geteuid() == 0 ? nobody : ::geteuid();
    const std::string daemon = program_path(where.program("operatord"));
    const temp_folder home;
    std::vector<std::string> command{daemon, "--listen", "none", "--socket", home.path() / "s"};
    if (can_be_another_user()) {
        const std::string id = std::to_string(user);
        command.insert(command.begin(), {"/usr/bin/setpriv", "--reuid", id, "--regid", id, "--clear-groups"});
    }
    if (::chown(home.path().c_str(), user, static_cast<gid_t>(-1)) != 0) throw skipped{"nobody can have no home here"};
    const process running(command, {{"HOME", home.path()}});
    if (!running.wait_for_line("is ready")) throw skipped{"nobody cannot run operatord here"};
    struct stat facts{};
    if (::stat(fmt::format("/proc/{}/environ", running.pid()).c_str(), &facts) != 0) throw skipped{"there is no /proc"};
    return facts.st_uid == user;
}

bool leaves_a_core(arena& where) {
    rlimit ours{};
    ::getrlimit(RLIMIT_CORE, &ours);
    if (ours.rlim_max == 0) throw skipped{"nobody leaves a core file here"};
    running_daemon daemon = where.own_daemon(unprobed, {{"ASAN_OPTIONS", "disable_coredump=0"}});
    rlimit core{};
    if (::prlimit(daemon.program().pid(), RLIMIT_CORE, nullptr, &core) != 0) throw std::runtime_error("prlimit");
    return core.rlim_max != 0;
}

constexpr std::array<attack, 7> kept_keys_table{{
    {"a key that was handed over is read back over the unix socket", is_read_back, weakness::naive_stub},
    {"it is in a file, a backup among them", is_on_disk, weakness::naive_program},
    {"others can read what the daemon leaves on the disk, backups among them, where the umask lets them",
     is_open_to_others, weakness::naive_program},
    {"the key is on the command line of a launched agent", is_on_a_command_line, weakness::naive_program},
    {"a program that is asked for its version gets the daemon's keys", is_given_to_a_tool, weakness::naive_program},
    {"another program of the user reads the daemon's memory", is_open_to_debuggers},
    {"a crash leaves the keys in a core file", leaves_a_core},
}};

}  // namespace

std::span<const attack> attacks_on_kept_keys() { return kept_keys_table; }

}  // namespace opd::test
