#include "tests/e2e/launch_scene.hpp"

#include "tests/e2e/rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <stdexcept>
#include <utility>

namespace fs = std::filesystem;

namespace opd::test {
namespace {

void add_variable(std::string_view entry, process::environment& to) {
    const std::size_t equals = entry.find('=');
    const std::string name(entry.substr(0, equals));
    const bool is_new = to.emplace(name, equals == entry.npos ? "" : entry.substr(equals + 1)).second;
    if (!is_new) throw std::runtime_error("the agent has this variable twice: " + name);
}

agent_notes read_notes(std::string_view records) {
    static const std::regex number_of_pipe(R"(\[\d+\]$)");
    agent_notes read;
    while (!records.empty()) {
        const std::string_view record = records.substr(0, records.find('\0'));
        records.remove_prefix(record.size() + 1);
        const std::string_view what = record.substr(0, record.find(' '));
        const std::string_view text = record.substr(what.size() + 1);
        if (what == "argument")
            read.argv.emplace_back(text);
        else if (what == "variable")
            add_variable(text, read.environment);
        else if (what == "process")
            read.pid = std::stoi(std::string(text));
        else
            read.surroundings.push_back(std::regex_replace(std::string(record), number_of_pipe, ""));
    }
    std::ranges::sort(read.surroundings);
    return read;
}

/// `NAME` of `set NAME=VALUE`.
std::string_view name_in(std::string_view line) {
    line.remove_prefix(line.find(' ') + 1);
    return line.substr(0, line.find('='));
}

}  // namespace

std::string agent_notes::variable(const std::string& name) const {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

launch_scene::launch_scene(std::string_view operator_toml, process::environment of_daemon,
                           std::vector<std::string> options)
    : daemon_(operator_toml, std::move(of_daemon), std::move(options)) {
    const fs::path programs = home_.path() / "bin";
    fs::create_directory(programs);
    for (const char* agent : {"claude", "codex", "gemini"})
        fs::create_symlink(program_path("agent-stub"), programs / agent);
    caller = {{"HOME", home_.path()},
              {"PATH", programs.string() + ":/usr/bin:/bin"},
              {"AGENT_STUB_FILE", home_.path() / "agent-notes"}};
}

std::vector<std::string> launch_scene::operatorctl(const std::vector<std::string>& words) const {
    std::vector<std::string> argv{program_path("operatorctl"), "--socket", daemon_.socket()};
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
}

std::vector<std::string> launch_scene::launch_command(const std::vector<std::string>& words) const {
    std::vector<std::string> argv = operatorctl({"launch"});
    argv.insert(argv.end(), words.begin(), words.end());
    return argv;
}

ended launch_scene::run(const std::vector<std::string>& argv) {
    take_notes();
    const process program(argv, caller);
    ended end;
    end.exit_code = program.wait_for_exit().value_or(-1);
    end.out = program.standard_output();
    end.err = program.standard_error();
    end.agent = take_notes();
    return end;
}

std::optional<agent_notes> launch_scene::take_notes() {
    const fs::path file = caller.at("AGENT_STUB_FILE");
    if (!fs::exists(file)) return std::nullopt;
    const std::string records = read_file(file);
    fs::remove(file);
    return read_notes(records);
}

std::string difference(const process::environment& before, const process::environment& after) {
    std::vector<std::string> lines;
    for (const auto& [name, value] : after) {
        const auto found = before.find(name);
        if (found == before.end())
            lines.push_back(fmt::format("set {}={}", name, value));
        else if (found->second != value)
            lines.push_back(fmt::format("changed {}={}", name, value));
    }
    for (const auto& [name, value] : before)
        if (!after.contains(name)) lines.push_back("removed " + name);
    return by_name(lines);
}

std::string by_name(const std::vector<std::string>& lines) {
    std::vector<std::string> sorted = lines;
    std::ranges::sort(sorted, {}, name_in);
    std::string text;
    for (const std::string& line : sorted) text += line + '\n';
    return text;
}

std::string gemini_settings_line(const launch_scene& scene, const agent_notes& agent) {
    if (agent.environment.contains("GEMINI_CLI_SYSTEM_SETTINGS_PATH"))
        return "set GEMINI_CLI_SYSTEM_SETTINGS_PATH=" + agent.environment.at("GEMINI_CLI_SYSTEM_SETTINGS_PATH");
    return fmt::format(
        "set GEMINI_CLI_HOME={0}/.local/state/operator/gemini-home\n"
        "set GEMINI_CLI_TRUSTED_FOLDERS_PATH={0}/.gemini/trustedFolders.json",
        scene.home().path().string());
}

std::string unprobed_server(std::string_view name, std::string_view kind, std::string_view base_url,
                            std::string_view more) {
    const std::string base = base_url.empty() ? "" : fmt::format("base_url = \"{}\"\n", base_url);
    return fmt::format("[[model_servers]]\nname = \"{}\"\nkind = \"{}\"\n{}probe = \"never\"\n{}\n", name, kind, base,
                       more);
}

}  // namespace opd::test
