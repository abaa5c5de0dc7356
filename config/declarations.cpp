#include "config/declarations.hpp"

#include "config/field_rules.hpp"
#include "config/names.hpp"
#include "config/suggest.hpp"
#include "config/toml/parse.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>
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

/// A text with a rule, which does not have to be there.
std::optional<std::string> read_text(toml_reader& reader, const toml_node& block, std::string_view key,
                                     result<void> (*rule)(std::string_view)) {
    auto text = reader.text(block, key);
    if (!text) return text;
    if (const auto fits = rule(*text); !fits) reader.refuse(*block.find(key), fits.error());
    return text;
}

const kind* read_kind(toml_reader& reader, const toml_node& block) {
    const std::string slug = reader.required_text(block, "kind", "kind = \"ollama\"");
    if (slug.empty()) return nullptr;
    const auto found = kind_named(slug);
    if (found) return *found;
    reader.refuse(*block.find("kind"), found.error());
    return nullptr;
}

std::optional<std::string> read_base_url(toml_reader& reader, const toml_node& block, const kind* of) {
    auto url = reader.text(block, "base_url");
    const toml_node* place = block.find("base_url");
    if (of == nullptr || (place != nullptr && !url)) return url;
    const auto fits = check_base_url(*of, url);
    if (fits) return url;
    if (place != nullptr) {
        reader.refuse(*place, fits.error());
    } else {
        reader.refuse(block, fmt::format("base_url is missing here: the kind {} has no default", in_quotes(of->slug)),
                      "add a line such as base_url = \"http://localhost:8080/v1\"");
    }
    return url;
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

std::string read_llm_tool(toml_reader& reader, const toml_node& block) {
    std::string name = reader.required_text(block, "llm_tool", "llm_tool = \"claude\"");
    if (name.empty()) return name;
    const toml_node& place = *block.find("llm_tool");
    if (const auto fits = check_llm_tool(name); !fits) {
        reader.refuse(place, fits.error());
    } else if (const auto known = llm_tool_named(name); !known) {
        reader.warn(place, known.error().message, known.error().hint);
    }
    return name;
}

std::string read_model(toml_reader& reader, const toml_node& block) {
    std::string model = reader.required_text(block, "model", "model = \"sonnet\"");
    if (model.empty()) return model;
    if (const auto fits = check_model(model); !fits) reader.refuse(*block.find("model"), fits.error());
    return model;
}

/// A table of a delegator of any content; what is not among the `known` keys (none: all are) is a warning.
std::optional<boost::json::object> read_table(toml_reader& reader, const toml_node& block, std::string_view key,
                                              std::span<const std::string_view> known) {
    const toml_node* table = reader.table(block, key);
    if (table == nullptr) return std::nullopt;
    if (!known.empty()) reader.expect_keys(*table, key, known);
    auto members = to_json_object(*table);
    if (const auto fits = check_table_texts(members); !fits) {
        reader.refuse(*table, fmt::format("{}: {}", key, fits.error().message), fits.error().hint);
    }
    return members;
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
        server.api_key_env = read_text(reader, *block, "api_key_env", check_api_key_env);
        server.extra_env = read_extra_env(reader, *block);
        server.display_name = read_text(reader, *block, "display_name", check_display_name);
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
    const std::unordered_set<std::string_view> known(servers.begin(), servers.end());
    std::vector<delegator> delegators;
    first_lines taken;
    for (const toml_node* block : reader.tables(root, "delegators")) {
        delegator made;
        made.name = read_name(reader, *block, check_name, "delegator", taken);
        made.llm_tool = read_llm_tool(reader, *block);
        made.model = read_model(reader, *block);
        made.model_server = read_text(reader, *block, "model_server", check_model_server);
        made.display_name = read_text(reader, *block, "display_name", check_display_name);
        made.model_properties = read_table(reader, *block, "model_properties", {});
        made.launch_config = read_table(reader, *block, "launch_config", launch_keys);
        made.remote_agent = read_table(reader, *block, "remote_agent", agent_keys);
        reader.expect_keys(*block, "[[delegators]]", delegator_keys);
        if (reader.error()) break;
        if (made.model_server && !known.contains(*made.model_server)) {
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
