#include "config/config.hpp"

#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/declarations.hpp"
#include "config/model/base_url.hpp"
#include "config/model/cors_origin.hpp"
#include "config/model/field_rules.hpp"
#include "config/toml/parse.hpp"
#include "config/toml/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace opd {
namespace {

constexpr std::array<std::string_view, 6> our_tables{"rest_api",  "probes",        "keys",
                                                     "llm_tools", "model_servers", "delegators"};
constexpr std::array<std::string_view, 3> rest_keys{"host", "port", "cors_origins"};
constexpr std::array<std::string_view, 4> probes_keys{"interval", "cloud_interval", "timeout", "concurrency"};
constexpr std::array<std::string_view, 1> keys_keys{"push_on_launch"};
constexpr std::array<std::string_view, 2> llm_tools_keys{"default_tool", "default_model"};

template <class To, class From>
void assign(To& to, std::optional<From> from) {
    if (from) to = static_cast<To>(std::move(*from));
}

void read_host(toml_reader& reader, const toml_node& table, std::string& host) {
    const auto written = reader.text(table, "host");
    if (!written) return;
    if (*written != "localhost" && !is_ip_address(*written)) {
        reader.refuse(
            *table.find("host"), fmt::format("host {} is not an IP address", in_quotes(*written)),
            "write \"127.0.0.1\" (both loopback families), another address without brackets, or \"localhost\"");
    }
    host = *written;
}

void read_rest_api(toml_reader& reader, const toml_node& root, config& values) {
    const toml_node* table = reader.table(root, "rest_api");
    if (table == nullptr) return;
    read_host(reader, *table, values.rest_api.host);
    assign(values.rest_api.port, reader.integer(*table, "port", 0, 65535));
    for (const toml_node* origin : reader.texts(*table, "cors_origins")) {
        if (const auto fits = check_cors_origin(origin->text); !fits) reader.refuse(*origin, fits.error());
        values.rest_api.cors_origins.push_back(origin->text);
    }
    reader.expect_keys(*table, "[rest_api]", rest_keys);
}

void read_probes(toml_reader& reader, const toml_node& root, config& values) {
    const toml_node* table = reader.table(root, "probes");
    if (table == nullptr) return;
    assign(values.probes.interval, reader.pace(*table, "interval"));
    assign(values.probes.cloud_interval, reader.pace(*table, "cloud_interval"));
    assign(values.probes.timeout, reader.pace(*table, "timeout"));
    assign(values.probes.concurrency, reader.integer(*table, "concurrency", 1, 10000));
    reader.expect_keys(*table, "[probes]", probes_keys);
}

void read_keys(toml_reader& reader, const toml_node& root, config& values) {
    const toml_node* table = reader.table(root, "keys");
    if (table == nullptr) return;
    assign(values.keys.push_on_launch, reader.flag(*table, "push_on_launch"));
    reader.expect_keys(*table, "[keys]", keys_keys);
}

/// An empty text stands for none.
std::string read_default(toml_reader& reader, const toml_node& table, std::string_view key) {
    auto name = reader.text(table, key).value_or(std::string());
    if (has_control(name))
        reader.refuse(*table.find(key), fmt::format("{} holds a control character", key), "take it out");
    return name;
}

void read_llm_tools(toml_reader& reader, const toml_node& root, config& values) {
    const toml_node* table = reader.table(root, "llm_tools");
    if (table == nullptr) return;
    values.llm_tools.default_tool = read_default(reader, *table, "default_tool");
    values.llm_tools.default_model = read_default(reader, *table, "default_model");
    if (const std::string& tool = values.llm_tools.default_tool; !tool.empty()) {
        const auto known = llm_tool_named(tool);
        if (!known) reader.warn(*table->find("default_tool"), known.error().message, known.error().hint);
    }
    reader.expect_keys(*table, "[llm_tools]", llm_tools_keys);
}

/// Other programs keep their tables in the same file: only what is nearly one of our names is a likely slip.
void warn_of_near_misses(toml_reader& reader, const toml_node& root) {
    for (const toml_node& entry : root.children) {
        const bool is_table = entry.what == toml_node::type::table || entry.what == toml_node::type::array;
        if (!is_table || std::ranges::find(our_tables, entry.key) != our_tables.end()) continue;
        if (const auto meant = closest(entry.key, our_tables)) {
            reader.warn_key(entry, fmt::format("the table {} means nothing here", in_quotes(entry.key)),
                            did_you_mean(meant));
        }
    }
}

}  // namespace

result<loaded_config, diagnostic> parse_config(std::string_view text, const std::string& file, toml_memory& memory) {
    const source_text source(file, text);
    if (text.size() > max_config_bytes) {
        return source.whole(fmt::format("the file has {} bytes, more than {}", text.size(), max_config_bytes),
                            "keep it under 1 MiB: is it a configuration at all?");
    }
    const auto root = parse_toml(source, memory);
    if (!root) return root.error();
    return read_config(source, *root);
}

result<loaded_config, diagnostic> parse_config(std::string_view text, const std::string& file) {
    toml_memory memory;
    return parse_config(text, file, memory);
}

result<loaded_config, diagnostic> read_config(const source_text& source, const toml_node& root) {
    toml_reader reader(source);
    loaded_config loaded;
    read_rest_api(reader, root, loaded.values);
    read_probes(reader, root, loaded.values);
    read_keys(reader, root, loaded.values);
    read_llm_tools(reader, root, loaded.values);
    loaded.values.model_servers = read_model_servers(reader, root);
    loaded.values.delegators = read_delegators(reader, root, server_names(loaded.values));
    if (reader.error()) return *reader.error();
    warn_of_near_misses(reader, root);
    loaded.warnings = reader.take_warnings();
    return loaded;
}

std::vector<std::string_view> server_names(const config& values) {
    std::vector<std::string_view> names;
    for (const model_server& server : values.model_servers) names.push_back(server.name);
    for (const kind& known : kinds())
        if (known.builtin) names.push_back(known.slug);
    return names;
}

std::vector<model_server> all_servers(const config& values) {
    std::vector<model_server> servers = values.model_servers;
    for (const kind& known : kinds())
        if (known.builtin) servers.push_back(undeclared_server(known));
    return servers;
}

}  // namespace opd
