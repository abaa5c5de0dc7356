#include "config/entry_table.hpp"

#include "config/toml/compare.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace opd {
namespace {

constexpr std::array<std::string_view, 6> server_keys{"name",        "kind",      "base_url",
                                                      "api_key_env", "extra_env", "display_name"};
constexpr std::array<std::string_view, 8> delegator_keys{
    "name", "llm_tool", "model", "model_server", "display_name", "model_properties", "launch_config", "remote_agent"};
constexpr std::array<std::string_view, 2> default_keys{"default_tool", "default_model"};

template <class T>
void put(boost::json::object& table, const char* key, const std::optional<T>& member) {
    if (member) table[key] = *member;
}

bool same_table(const std::optional<boost::json::object>& a, const std::optional<boost::json::object>& b) {
    return a.has_value() == b.has_value() && (!a || same_value(*a, *b));
}

}  // namespace

std::span<const std::string_view> written_server_keys() {
    return server_keys;
}

std::span<const std::string_view> written_delegator_keys() {
    return delegator_keys;
}

std::span<const std::string_view> written_default_keys() {
    return default_keys;
}

boost::json::object entry_table(const model_server& server, bool empty_env) {
    boost::json::object table;
    table["name"] = server.name;
    table["kind"] = std::string(server.kind->slug);
    put(table, "base_url", server.base_url);
    put(table, "api_key_env", server.api_key_env);
    if (!server.extra_env.empty() || empty_env) {
        boost::json::object& variables = table["extra_env"].emplace_object();
        for (const auto& [name, value] : server.extra_env) {
            variables[name] = value;
        }
    }
    put(table, "display_name", server.display_name);
    return table;
}

boost::json::object entry_table(const delegator& made) {
    boost::json::object table;
    table["name"] = made.name;
    table["llm_tool"] = made.llm_tool;
    table["model"] = made.model;
    put(table, "model_server", made.model_server);
    put(table, "display_name", made.display_name);
    put(table, "model_properties", made.model_properties);
    put(table, "launch_config", made.launch_config);
    put(table, "remote_agent", made.remote_agent);
    return table;
}

boost::json::object default_table(const config& values, bool empty_tool, bool empty_model) {
    boost::json::object table;
    const auto& [tool, model] = values.llm_tools;
    if (!tool.empty() || empty_tool) table["default_tool"] = tool;
    if (!model.empty() || empty_model) table["default_model"] = model;
    return table;
}

bool same_entry(const model_server& a, const model_server& b) {
    if (a == b) return true;
    if (a.extra_env.size() != b.extra_env.size() || !std::ranges::is_permutation(a.extra_env, b.extra_env))
        return false;
    model_server ordered = b;
    ordered.extra_env = a.extra_env;
    return a == ordered;
}

bool same_entry(const delegator& a, const delegator& b) {
    if (a == b) return true;
    return a.name == b.name && a.llm_tool == b.llm_tool && a.model == b.model && a.model_server == b.model_server &&
           a.display_name == b.display_name && same_table(a.model_properties, b.model_properties) &&
           same_table(a.launch_config, b.launch_config) && same_table(a.remote_agent, b.remote_agent);
}

}  // namespace opd
