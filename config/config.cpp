#include "config/config.hpp"

#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/fields.hpp"
#include "config/model/base_url.hpp"
#include "config/model/field_rules.hpp"
#include "config/model/proxy.hpp"
#include "config/toml/parse.hpp"
#include "config/toml/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace opd {
namespace {

constexpr std::array<std::string_view, 6> our_tables{"rest_api",  "probes",        "keys",
                                                     "llm_tools", "model_servers", "delegators"};

template <class To, class From>
void assign(To& to, std::optional<From> from) {
    if (from) to = static_cast<To>(std::move(*from));
}

/// `[name]`, empty where it is not there.
const toml_node& section(toml_reader& reader, const toml_node& root, std::string_view name,
                         std::initializer_list<std::string_view> known) {
    static const toml_node none;
    const toml_node* table = reader.table(root, name);
    if (table == nullptr) return none;
    reader.expect_keys(*table, fmt::format("[{}]", name), {known.begin(), known.size()});
    return *table;
}

void read_rest_api(toml_reader& reader, const toml_node& root, config& values) {
    const toml_node& table = section(reader, root, "rest_api", {"host", "port", "cors_origins"});
    assign(values.rest_api.host, reader.text(table, "host"));
    if (const std::string& host = values.rest_api.host; host != "localhost" && !is_ip_address(host)) {
        reader.refuse(
            *table.find("host"),
            {fmt::format("host {} is not an IP address", in_quotes(host)),
             "write \"127.0.0.1\" (both loopback families), another address without brackets, or \"localhost\""});
    }
    assign(values.rest_api.port, reader.integer(table, "port", 0, 65535));
    for (const toml_node* origin : reader.texts(table, "cors_origins")) {
        if (const auto fits = check_cors_origin(origin->text); !fits) reader.refuse(*origin, fits.error());
        values.rest_api.cors_origins.push_back(origin->text);
    }
}

void read_probes(toml_reader& reader, const toml_node& root, config& values) {
    const toml_node& table =
        section(reader, root, "probes", {"interval", "cloud_interval", "timeout", "concurrency", "proxy"});
    assign(values.probes.interval, reader.pace(table, "interval"));
    assign(values.probes.cloud_interval, reader.pace(table, "cloud_interval"));
    assign(values.probes.timeout, reader.pace(table, "timeout"));
    assign(values.probes.concurrency, reader.integer(table, "concurrency", 1, 10000));
    assign(values.probes.proxy, reader.text(table, "proxy"));
    if (const auto fits = check_proxy(values.probes.proxy); !fits)
        reader.refuse(*table.find("proxy"), fits.error().within("proxy"));
}

/// An empty text stands for none.
std::string read_default(toml_reader& reader, const toml_node& table, std::string_view key) {
    auto name = reader.text(table, key).value_or(std::string());
    if (has_control(name))
        reader.refuse(*table.find(key), {fmt::format("{} holds a control character", key), "take it out"});
    return name;
}

void read_llm_tools(toml_reader& reader, const toml_node& root, config& values) {
    const toml_node& table = section(reader, root, "llm_tools", {"default_tool", "default_model"});
    values.llm_tools = {read_default(reader, table, "default_tool"), read_default(reader, table, "default_model")};
    if (const std::string& tool = values.llm_tools.default_tool; !tool.empty())
        if (const auto known = llm_tool_named(tool); !known) reader.warn(*table.find("default_tool"), known.error());
}

using first_lines = std::unordered_map<std::string, std::size_t>;

/// Reads a name that must be the only one of its sort; `sort` is for the message.
std::string read_name(toml_reader& reader, const toml_node& block, result<void> (*rule)(std::string_view),
                      std::string_view sort, first_lines& taken) {
    std::string name = reader.required_text(block, "name", "name = \"my-server\"");
    const toml_node* place = block.find("name");
    if (place == nullptr || name.empty()) return name;
    const auto [first, is_new] = taken.emplace(name, reader.line_of(*place));
    if (const auto fits = rule(name); !fits)
        reader.refuse(*place, fits.error());
    else if (!is_new)
        reader.refuse(*place,
                      {fmt::format("the name {} is taken by the {} of line {}", in_quotes(name), sort, first->second),
                       "give each its own name"});
    return name;
}

variables read_variables(toml_reader& reader, const toml_node& block, std::string_view key) {
    variables read;
    const toml_node* table = reader.table(block, key);
    if (table == nullptr) return read;
    for (const toml_node& entry : table->children)
        if (const auto name = check_env_name(entry.key); !name)
            reader.refuse_key(entry, name.error().within(key));
        else if (entry.what != toml_node::type::text)
            reader.refuse(entry, {fmt::format("the value of {} in {} must be a text", entry.key, key),
                                  fmt::format("put it in quotes: {} = \"...\"", entry.key)});
        else if (const auto value = check_env_value(entry.text); !value)
            reader.refuse(entry, value.error().within(fmt::format("{} in {}", entry.key, key)));
        else
            read.emplace_back(entry.key, entry.text);
    return read;
}

/// Reads one field of a block; the getters are named by what the member is.
template <class Entry>
struct reading {
    toml_reader& reader;
    const toml_node& block;
    const field<Entry>& row;
    Entry& into;

    void operator()(std::string Entry::* member) const {
        into.*member = required_text();
        if (!(into.*member).empty()) check(into.*member);
    }

    void operator()(std::optional<std::string> Entry::* member) const {
        into.*member = reader.text(block, row.name);
        if (into.*member) return check(*(into.*member));
        const std::string why = place() != nullptr ? std::string() : why_needed(row.rule, kind_of(into));
        if (!why.empty()) {
            reader.refuse(block,
                          {fmt::format("{} is missing here: {}", row.name, why), "add a line such as " + example()});
        }
    }

    void operator()(const kind* Entry::* member) const {
        if (const std::string slug = required_text(); !slug.empty()) take(member, kind_named(slug));
    }

    template <class Mode>
        requires std::is_enum_v<Mode>
    void operator()(Mode Entry::* member) const {
        if (const auto word = reader.text(block, row.name)) take(member, mode_named<Mode>(*word));
    }

    void operator()(std::optional<std::chrono::milliseconds> Entry::* member) const {
        into.*member = reader.pace(block, row.name);
    }

    void operator()(bool Entry::* member) const { into.*member = reader.flag(block, row.name).value_or(false); }
    void operator()(variables Entry::* member) const { into.*member = read_variables(reader, block, row.name); }

    void operator()(std::optional<boost::json::object> Entry::* member) const {
        const toml_node* table = reader.table(block, row.name);
        if (table == nullptr) return;
        if (!row.members.empty()) reader.expect_keys(*table, row.name, names_of(row.members, &table_member::name));
        into.*member = to_json_object(*table);
        if (const auto fits = check_table_texts(*(into.*member)); !fits)
            reader.refuse(*table, fits.error().within(row.name));
    }

private:
    const toml_node* place() const { return block.find(row.name); }
    std::string example() const { return fmt::format("{} = {}", row.name, row.example); }
    std::string required_text() const { return reader.required_text(block, row.name, example()); }

    void check(std::string_view text) const {
        if (const auto fits = check_text(row.rule, text, kind_of(into)); !fits) reader.refuse(*place(), fits.error());
    }

    template <class T>
    void take(T Entry::* member, const result<T>& read) const {
        if (read)
            into.*member = *read;
        else
            reader.refuse(*place(), read.error());
    }
};

/// The `[[key]]` of a document, up to the first fault; `look` gets each that has none. `sort` is for the messages.
template <class Entry, class Look>
std::vector<Entry> read_entries(toml_reader& reader, const toml_node& root, std::string_view key, std::string_view sort,
                                result<void> (*name_rule)(std::string_view), const Look& look) {
    std::vector<Entry> entries;
    first_lines taken;
    for (const toml_node* block : reader.tables(root, key)) {
        Entry& entry = entries.emplace_back();
        entry.name = read_name(reader, *block, name_rule, sort, taken);
        for (const field<Entry>& row : fields_of<Entry>().subspan(1))
            std::visit(reading<Entry>{.reader = reader, .block = *block, .row = row, .into = entry}, row.member);
        reader.expect_keys(*block, fmt::format("[[{}]]", key), field_names_of<Entry>());
        if (reader.error()) break;
        look(*block, entry);
    }
    return entries;
}

std::vector<model_server> read_model_servers(toml_reader& reader, const toml_node& root) {
    return read_entries<model_server>(reader, root, "model_servers", "model server", check_declared_server_name,
                                      [](const toml_node&, const model_server&) {});
}

/// A model server that is not among `servers` (their names) is a warning.
std::vector<delegator> read_delegators(toml_reader& reader, const toml_node& root,
                                       std::span<const std::string_view> servers) {
    const std::unordered_set<std::string_view> known(servers.begin(), servers.end());
    return read_entries<delegator>(
        reader, root, "delegators", "delegator", check_name, [&](const toml_node& block, const delegator& made) {
            if (const auto tool = llm_tool_named(made.llm_tool); !tool)
                reader.warn(*block.find("llm_tool"), tool.error());
            if (!made.model_server || known.contains(*made.model_server)) return;
            reader.warn(*block.find("model_server"),
                        {fmt::format("there is no model server {}", in_quotes(*made.model_server)),
                         did_you_mean(closest_or_part(*made.model_server, servers),
                                      "declare it in [[model_servers]], or leave model_server out")});
        });
}

/// Other programs keep their tables in the same file: only what is nearly one of our names is a likely slip.
void warn_of_near_misses(toml_reader& reader, const toml_node& root) {
    for (const toml_node& entry : root.children) {
        const bool is_table = entry.what == toml_node::type::table || entry.what == toml_node::type::array;
        if (!is_table || std::ranges::find(our_tables, entry.key) != our_tables.end()) continue;
        if (const auto meant = closest(entry.key, our_tables)) {
            reader.warn_key(
                entry, {fmt::format("the table {} means nothing here", in_quotes(entry.key)), did_you_mean(meant)});
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
    const toml_node& keys = section(reader, root, "keys", {"push_on_launch"});
    assign(loaded.values.keys.push_on_launch, reader.flag(keys, "push_on_launch"));
    read_llm_tools(reader, root, loaded.values);
    loaded.values.model_servers = read_model_servers(reader, root);
    loaded.values.delegators = read_delegators(reader, root, server_names(loaded.values));
    if (reader.error()) return *reader.error();
    warn_of_near_misses(reader, root);
    loaded.warnings = reader.take_warnings();
    return loaded;
}

std::vector<std::string_view> server_names(const config& values) {
    std::vector<std::string_view> names = names_of(values.model_servers, &model_server::name);
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
