#include "config/declarations.hpp"

#include "config/base_url.hpp"
#include "config/names.hpp"
#include "config/suggest.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

namespace opd {
namespace {

constexpr std::array<std::string_view, 10> server_keys{
    "name",         "kind",  "base_url", "api_key_env", "extra_env",
    "display_name", "probe", "interval", "ca_file",     "allow_plaintext_key"};
constexpr std::array<std::string_view, 8> delegator_keys{
    "name", "llm_tool", "model", "model_server", "display_name", "model_properties", "launch_config", "remote_agent"};
constexpr std::array<std::string_view, 9> launch_keys{"yolo",          "permission_mode", "flags",
                                                      "use_worktrees", "create_branch",   "docker",
                                                      "prompt_prefix", "prompt_suffix",   "operator_relay"};
constexpr std::array<std::string_view, 2> agent_keys{"platform", "id"};

struct probe_word {
    std::string_view word;
    probe_mode mode;
};

constexpr std::array<probe_word, 3> probe_words{
    {{"auto", probe_mode::automatic}, {"lazy", probe_mode::lazy}, {"never", probe_mode::never}}};

using first_lines = std::unordered_map<std::string, std::size_t>;

/// Reads a name that must be the only one of its sort; `sort` is for the message.
std::string read_name(toml_reader& reader, const toml_node& block, result<void> (*rule)(std::string_view),
                      std::string_view sort, first_lines& taken) {
    std::string name = reader.required_text(block, "name", "name = \"my-server\"");
    const toml_node* place = block.find("name");
    if (place == nullptr || name.empty()) return name;
    if (const auto fits = rule(name); !fits) {
        reader.refuse(*place, fits.error());
        return name;
    }
    const auto [first, is_new] = taken.emplace(name, reader.line_of(*place));
    if (!is_new) {
        reader.refuse(*place,
                      fmt::format("the name {} is taken by the {} of line {}", in_quotes(name), sort, first->second),
                      "give each its own name");
    }
    return name;
}

std::optional<std::string> read_display_name(toml_reader& reader, const toml_node& block) {
    auto name = reader.text(block, "display_name");
    if (name && has_control(*name)) {
        reader.refuse(*block.find("display_name"), "display_name holds a control character", "take it out");
    }
    return name;
}

const kind* read_kind(toml_reader& reader, const toml_node& block) {
    const std::string slug = reader.required_text(block, "kind", "kind = \"ollama\"");
    const kind* found = find_kind(slug);
    if (found != nullptr || slug.empty()) return found;
    std::vector<std::string_view> slugs;
    for (const kind& known : kinds()) {
        slugs.push_back(known.slug);
    }
    std::string hint = did_you_mean(closest_or_part(slug, slugs));
    if (hint.empty()) hint = "the kinds are " + enumeration(slugs);
    reader.refuse(*block.find("kind"), fmt::format("unknown kind {}", in_quotes(slug)), std::move(hint));
    return nullptr;
}

std::optional<std::string> read_base_url(toml_reader& reader, const toml_node& block, const kind* of) {
    auto url = reader.text(block, "base_url");
    if (of == nullptr) return url;
    if (url) {
        if (const auto root = resolve_base_url(*of, *url); !root) reader.refuse(*block.find("base_url"), root.error());
    } else if (!of->connectable() && block.find("base_url") == nullptr) {
        reader.refuse(block, fmt::format("base_url is missing here: the kind {} has no default", in_quotes(of->slug)),
                      "add a line such as base_url = \"http://localhost:8080/v1\"");
    }
    return url;
}

std::optional<std::string> read_api_key_env(toml_reader& reader, const toml_node& block) {
    auto name = reader.text(block, "api_key_env");
    if (!name) return name;
    if (const auto fits = check_api_key_env(*name); !fits) reader.refuse(*block.find("api_key_env"), fits.error());
    return name;
}

std::vector<std::pair<std::string, std::string>> read_extra_env(toml_reader& reader, const toml_node& block) {
    std::vector<std::pair<std::string, std::string>> variables;
    const toml_node* table = reader.table(block, "extra_env");
    if (table == nullptr) return variables;
    for (const toml_node& entry : table->children) {
        if (const auto fits = check_env_name(entry.key); !fits) {
            reader.refuse_key(entry, problem("extra_env: " + fits.error().message, fits.error().hint));
            return variables;
        }
        if (entry.what != toml_node::type::text) {
            reader.refuse(entry, fmt::format("the value of {} in extra_env must be a text", entry.key),
                          fmt::format("put it in quotes: {} = \"...\"", entry.key));
            return variables;
        }
        if (const auto fits = check_env_value(entry.text); !fits) {
            reader.refuse(entry, fmt::format("{} in extra_env: {}", entry.key, fits.error().message),
                          fits.error().hint);
            return variables;
        }
        variables.emplace_back(entry.key, entry.text);
    }
    return variables;
}

probe_mode read_probe_mode(toml_reader& reader, const toml_node& block) {
    const auto word = reader.text(block, "probe");
    if (!word) return probe_mode::automatic;
    const auto* known = std::ranges::find(probe_words, *word, &probe_word::word);
    if (known != probe_words.end()) return known->mode;
    std::array<std::string_view, probe_words.size()> words;
    std::ranges::transform(probe_words, words.begin(), &probe_word::word);
    std::string hint = did_you_mean(closest_or_part(*word, words));
    if (hint.empty()) hint = R"(write "auto", "lazy" (only when asked) or "never")";
    reader.refuse(*block.find("probe"), fmt::format("unknown probe mode {}", in_quotes(*word)), std::move(hint));
    return probe_mode::automatic;
}

std::optional<std::string> read_ca_file(toml_reader& reader, const toml_node& block) {
    auto file = reader.text(block, "ca_file");
    if (file && ((!file->starts_with('/') && !file->starts_with("~/")) || file->find('\0') != file->npos)) {
        reader.refuse(*block.find("ca_file"), fmt::format("ca_file {} is not an absolute path", in_quotes(*file)),
                      "write a path that starts with \"/\" or \"~/\"");
    }
    return file;
}

/// Tables of a delegator that are kept as they are.
void check_table(toml_reader& reader, const toml_node& block, std::string_view key,
                 std::span<const std::string_view> known) {
    const toml_node* table = reader.table(block, key);
    if (table != nullptr && !known.empty()) reader.expect_keys(*table, key, known);
}

}  // namespace

std::optional<std::chrono::milliseconds> read_pace(toml_reader& reader, const toml_node& table, std::string_view key) {
    return reader.duration(table, key, std::chrono::milliseconds(10), std::chrono::days(7));
}

std::vector<model_server> read_model_servers(toml_reader& reader, const toml_node& root) {
    std::vector<model_server> servers;
    first_lines taken;
    for (const toml_node* block : reader.tables(root, "model_servers")) {
        model_server server;
        server.name = read_name(reader, *block, check_declared_server_name, "model server", taken);
        server.kind = read_kind(reader, *block);
        server.base_url = read_base_url(reader, *block, server.kind);
        server.api_key_env = read_api_key_env(reader, *block);
        server.extra_env = read_extra_env(reader, *block);
        server.display_name = read_display_name(reader, *block);
        server.probe = read_probe_mode(reader, *block);
        server.interval = read_pace(reader, *block, "interval");
        server.ca_file = read_ca_file(reader, *block);
        server.allow_plaintext_key = reader.flag(*block, "allow_plaintext_key").value_or(false);
        reader.expect_keys(*block, "[[model_servers]]", server_keys);
        if (reader.error()) break;
        servers.push_back(std::move(server));
    }
    return servers;
}

std::vector<delegator> read_delegators(toml_reader& reader, const toml_node& root,
                                       std::span<const std::string_view> servers) {
    std::vector<delegator> delegators;
    first_lines taken;
    for (const toml_node* block : reader.tables(root, "delegators")) {
        delegator made;
        made.name = read_name(reader, *block, check_name, "delegator", taken);
        made.llm_tool = reader.required_text(*block, "llm_tool", "llm_tool = \"claude\"");
        made.model = reader.required_text(*block, "model", "model = \"sonnet\"");
        made.model_server = reader.text(*block, "model_server");
        made.display_name = read_display_name(reader, *block);
        check_table(reader, *block, "model_properties", {});
        check_table(reader, *block, "launch_config", launch_keys);
        check_table(reader, *block, "remote_agent", agent_keys);
        reader.expect_keys(*block, "[[delegators]]", delegator_keys);
        if (reader.error()) break;
        if (made.model_server && std::ranges::find(servers, *made.model_server) == servers.end()) {
            std::string hint = did_you_mean(closest_or_part(*made.model_server, servers));
            if (hint.empty()) hint = "declare it in [[model_servers]], or leave model_server out";
            reader.warn(*block->find("model_server"),
                        fmt::format("there is no model server {}", in_quotes(*made.model_server)), std::move(hint));
        }
        delegators.push_back(std::move(made));
    }
    return delegators;
}

}  // namespace opd
