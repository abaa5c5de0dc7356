#include "client/answers.hpp"
#include "client/commands/common.hpp"
#include "client/doctor/doctor.hpp"
#include "client/launch/launch.hpp"
#include "client/service/service.hpp"
#include "client/settings_text.hpp"
#include "client/system.hpp"
#include "config/base/ascii.hpp"
#include "config/model/llm_tools.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

namespace json = boost::json;

constexpr std::size_t most_bytes = std::size_t{1} << 20;

/// A settings file as its agent would read it. Empty: it is no object.
json::object settings_in(std::string_view text) {
    auto read = read_settings(text);
    return read ? *std::move(read) : json::object();
}

/// The lines of a text, blanks around them cut off.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        std::string_view line = next_part(text, '\n');
        if (line.ends_with('\r')) line.remove_suffix(1);
        out.push_back(trimmed(line));
    }
    return out;
}

/// operatord itself is our own program; it may be slow to come from a disk.
constexpr brief_limits patient{.time = std::chrono::seconds(5)};

template <class T>
std::optional<T> read_reply(const daemon_reply& reply, result<T> (*read)(std::string_view)) {
    if (!reply || !is_good(*reply)) return std::nullopt;
    auto answer = read(reply->body);
    return answer ? std::optional<T>(std::move(*answer)) : std::nullopt;
}

/// What the daemon says, as far as it does.
doctor_facts ask_for_facts(const command_context& context) {
    std::vector<daemon_request> requests;
    for (const std::string_view target :
         {health_target, servers_target, keys_target, tools_target, default_target, delegators_target})
        requests.push_back({.target = std::string(target)});
    const std::vector<daemon_reply> replies = context.ask(requests, usual_limit);
    doctor_facts out;
    if (!replies[0]) {
        out.socket.failure = replies[0].error();
        return out;
    }
    if (const auto health = read_reply(replies[0], read_health)) {
        out.service.daemon_answers = true;
        out.socket.version = health->version;
        out.configuration.path = health->config_path;
        out.configuration.running_error = health->config_error;
    } else {
        out.socket.refusal = read_error(replies[0]->status, replies[0]->body);
    }
    out.servers.servers = read_reply(replies[1], read_server_list).value_or(std::vector<server_answer>());
    out.servers.keys = read_reply(replies[2], read_keys);
    auto tools = read_reply(replies[3], read_tools);
    out.agents.daemon_tells = tools.has_value();
    if (tools) out.agents.tools = std::move(*tools);
    if (const auto usual = read_reply(replies[4], read_default); usual && !usual->tool.empty())
        out.agents.needed.insert(usual->tool);
    const auto delegators = read_reply(replies[5], read_delegator_list);
    for (const delegator_answer& one : delegators.value_or(std::vector<delegator_answer>()))
        if (one.remote_agent.empty()) out.agents.needed.insert(one.llm_tool);
    return out;
}

program_facts look_at_program(const std::string& path, const command_context& context) {
    program_facts out{.path = path, .may_run = is_program(path)};
    if (!out.may_run) return out;
    const auto told = run_briefly({path, "--version"}, context.environment, patient);
    constexpr std::string_view name = "operatord ";
    if (!told || told->exit_code != 0 || !told->out.starts_with(name)) return out;
    out.version = told->out.substr(name.size(), told->out.find('\n') - name.size());
    return out;
}

void look_at_service(service_facts& out, const command_context& context) {
    auto units = ask_units(context.environment);
    if (units)
        out.units = std::move(*units);
    else
        out.why_unknown = units.error();
    if (const auto beside = program_beside(context.program)) out.beside = *beside;
    const bool has_own = out.units && !out.units->service.program.empty();
    out.program = look_at_program(has_own ? out.units->service.program : out.beside, context);
    if (out.units) out.lingering = is_lingering(context.environment);
}

path_facts look_at_path(const std::string& path, mode_t kind) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return {};
    return {.exists = true,
            .is_right_kind = (found.st_mode & S_IFMT) == kind,
            .owner = found.st_uid,
            .mode = found.st_mode & 07777U};
}

void look_at_socket(socket_facts& out, const command_context& context) {
    out.path = context.socket_path;
    out.address = context.address;
    out.is_usual = !context.named_by_the_user;
    out.user = ::geteuid();
    if (out.path.empty()) return;
    out.folder = look_at_path(out.path.substr(0, out.path.rfind('/')), S_IFDIR);
    out.socket = look_at_path(out.path, S_IFSOCK);
}

void look_at_configuration(config_facts& out, const program_facts& program, const command_context& context) {
    if (!program.may_run) return;
    std::vector<std::string> argv{program.path, "--check-config", "--json"};
    if (!out.path.empty()) argv.insert(argv.end(), {"--config", out.path});
    if (auto end = run_briefly(argv, context.environment, patient)) out.check = std::move(*end);
}

void look_at_servers(server_facts& out, const command_context& context) {
    if (out.keys) {
        for (const key_answer& key : out.keys->keys)
            if (!value_in(context.environment, key.name).value_or("").empty()) out.set_here.insert(key.name);
    }
    for (const server_answer& server : out.servers) {
        const std::string host = host_of(server);
        if (server.probe.status != "dns_error" || host.empty() || out.resolved.contains(host)) continue;
        const auto told = run_briefly({"getent", "ahosts", "--", host}, context.environment);
        if (told) out.resolved.emplace(host, told->exit_code == 0);
    }
}

proxy_facts look_at_proxies(const command_context& context) {
    constexpr std::array<const char*, 6> names{"HTTP_PROXY",  "http_proxy", "HTTPS_PROXY",
                                               "https_proxy", "ALL_PROXY",  "all_proxy"};
    proxy_facts out;
    for (const char* name : names)
        if (!value_in(context.environment, name).value_or("").empty()) out.variables.emplace_back(name);
    out.no_proxy = with_hosts(context.environment, {});
    return out;
}

void look_at_agents(agent_facts& out, const command_context& context) {
    for (const llm_tool& known : llm_tools()) {
        const auto found = search_program(known.name, context.environment);
        if (found && found->executable) out.on_path.emplace(known.name, found->path);
    }
    out.settings = find_own_settings(context.environment);
    out.managed = find_managed_settings(context.environment);
}

}  // namespace

std::vector<std::string> settings_of_claude(std::string_view text) {
    const json::object settings = settings_in(text);
    std::vector<std::string> out;
    const json::object& env = object_of(settings, "env");
    for (const auto& entry : env) {
        const std::string_view name(entry.key().data(), entry.key().size());
        if (name.starts_with("ANTHROPIC_") || name.starts_with("CLAUDE_CODE_USE_"))
            out.push_back(fmt::format("env.{}", name));
    }
    if (!text_of(settings, "apiKeyHelper").empty()) out.emplace_back("apiKeyHelper");
    return out;
}

std::vector<std::string> settings_of_gemini(std::string_view text) {
    const json::object settings = settings_in(text);
    const json::object& auth = object_of(object_of(settings, "security"), "auth");
    if (!text_of(auth, "selectedType").empty()) return {"security.auth.selectedType"};
    return {};
}

std::vector<std::string> settings_of_codex(std::string_view text) {
    constexpr std::array<std::string_view, 4> wanted{"model_provider", "openai_base_url", "profile", "oss_provider"};
    std::vector<std::string> out;
    std::string table;
    for (const std::string_view line : lines_of(text)) {
        if (line.starts_with('[')) {
            table = trimmed(line.substr(1, line.find(']') - 1));
            continue;
        }
        const std::string_view key = trimmed(line.substr(0, line.find('=')));
        const bool is_profile = table.starts_with("profiles.");
        if (line.find('=') == line.npos || (!table.empty() && !is_profile)) continue;
        if (std::ranges::find(wanted, key) == wanted.end()) continue;
        out.push_back(is_profile ? fmt::format("{}.{}", table, key) : std::string(key));
    }
    return out;
}

std::vector<std::string> variables_of_codex(std::string_view text) {
    std::vector<std::string> out;
    for (std::string_view line : lines_of(text)) {
        if (line.starts_with("export ")) line = trimmed(line.substr(7));
        if (line.find('=') == line.npos) continue;
        const std::string_view name = trimmed(line.substr(0, line.find('=')));
        if (name.starts_with("OPENAI_") || name.starts_with("CODEX_")) out.emplace_back(name);
    }
    return out;
}

std::vector<own_setting> find_own_settings(const environment& variables) {
    std::vector<own_setting> out;
    const auto look = [&out](const char* tool, const std::string& folder, const char* name, auto keys_of) {
        if (folder.empty()) return;
        const std::string file = fmt::format("{}/{}", folder, name);
        const auto text = read_file(file, most_bytes);
        if (!text) return;
        for (std::string& key : keys_of(*text)) out.push_back({.tool = tool, .file = file, .key = std::move(key)});
    };
    const std::string codex = folder_of(variables, "CODEX_HOME", "/.codex");
    const std::string gemini = folder_of(variables, "GEMINI_CLI_HOME", "");
    look("claude", folder_of(variables, "CLAUDE_CONFIG_DIR", "/.claude"), "settings.json", settings_of_claude);
    look("codex", codex, "config.toml", settings_of_codex);
    look("codex", codex, ".env", variables_of_codex);
    look("gemini", gemini, ".gemini/settings.json", settings_of_gemini);
    return out;
}

doctor_facts gather_facts(const command_context& context) {
    doctor_facts out = ask_for_facts(context);
    look_at_service(out.service, context);
    look_at_socket(out.socket, context);
    look_at_configuration(out.configuration, out.service.program, context);
    look_at_servers(out.servers, context);
    out.proxies = look_at_proxies(context);
    look_at_agents(out.agents, context);
    return out;
}

}  // namespace opd
