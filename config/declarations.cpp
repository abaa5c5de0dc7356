#include "config/declarations.hpp"

#include "config/base/suggest.hpp"
#include "config/base/utf8.hpp"
#include "config/fields.hpp"
#include "config/model/field_rules.hpp"
#include "config/model/names.hpp"
#include "config/toml/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace opd {
namespace {

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

variables read_variables(toml_reader& reader, const toml_node& block, std::string_view key) {
    variables read;
    const toml_node* table = reader.table(block, key);
    if (table == nullptr) return read;
    for (const toml_node& entry : table->children) {
        if (const auto fits = check_env_name(entry.key); !fits) {
            reader.refuse_key(entry, problem(fmt::format("{}: {}", key, fits.error().message), fits.error().hint));
            return read;
        }
        if (entry.what != toml_node::type::text) {
            reader.refuse(entry, fmt::format("the value of {} in {} must be a text", entry.key, key),
                          fmt::format("put it in quotes: {} = \"...\"", entry.key));
            return read;
        }
        if (const auto fits = check_env_value(entry.text); !fits) {
            reader.refuse(entry, fmt::format("{} in {}: {}", entry.key, key, fits.error().message), fits.error().hint);
            return read;
        }
        read.emplace_back(entry.key, entry.text);
    }
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
        into.*member = reader.required_text(block, row.name, fmt::format("{} = {}", row.name, row.example));
        if (!(into.*member).empty()) check(into.*member);
    }

    void operator()(std::optional<std::string> Entry::* member) const {
        into.*member = reader.text(block, row.name);
        if (into.*member) return check(*(into.*member));
        const std::string why = place() != nullptr ? std::string() : why_needed(row.rule, kind_of(into));
        if (!why.empty()) {
            reader.refuse(block, fmt::format("{} is missing here: {}", row.name, why),
                          fmt::format("add a line such as {} = {}", row.name, row.example));
        }
    }

    void operator()(const kind* Entry::* member) const {
        const std::string slug = reader.required_text(block, row.name, fmt::format("{} = {}", row.name, row.example));
        if (!slug.empty()) take(member, kind_named(slug));
    }

    void operator()(probe_mode Entry::* member) const {
        if (const auto word = reader.text(block, row.name)) take(member, probe_mode_named(*word));
    }

    void operator()(std::optional<std::chrono::milliseconds> Entry::* member) const {
        into.*member = reader.pace(block, row.name);
    }

    void operator()(bool Entry::* member) const { into.*member = reader.flag(block, row.name).value_or(false); }
    void operator()(variables Entry::* member) const { into.*member = read_variables(reader, block, row.name); }

    void operator()(std::optional<boost::json::object> Entry::* member) const {
        const toml_node* table = reader.table(block, row.name);
        if (table == nullptr) return;
        if (!row.members.empty()) {
            std::vector<std::string_view> known;
            for (const table_member& one : row.members) known.push_back(one.name);
            reader.expect_keys(*table, row.name, known);
        }
        into.*member = to_json_object(*table);
        if (const auto fits = check_table_texts(*(into.*member)); !fits)
            reader.refuse(*table, fmt::format("{}: {}", row.name, fits.error().message), fits.error().hint);
    }

private:
    const toml_node* place() const { return block.find(row.name); }

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

/// All fields but the name, and a look at what else is in the block.
template <class Entry>
void read_fields(toml_reader& reader, const toml_node& block, std::string_view name, Entry& into) {
    for (const field<Entry>& row : fields_of<Entry>().subspan(1))
        std::visit(reading<Entry>{.reader = reader, .block = block, .row = row, .into = into}, row.member);
    reader.expect_keys(block, name, field_names_of<Entry>());
}

}  // namespace

std::vector<model_server> read_model_servers(toml_reader& reader, const toml_node& root) {
    std::vector<model_server> servers;
    first_lines taken;
    for (const toml_node* block : reader.tables(root, "model_servers")) {
        model_server server;
        server.name = read_name(reader, *block, check_declared_server_name, "model server", taken);
        read_fields(reader, *block, "[[model_servers]]", server);
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
        read_fields(reader, *block, "[[delegators]]", made);
        if (reader.error()) break;
        if (const auto tool = llm_tool_named(made.llm_tool); !tool)
            reader.warn(*block->find("llm_tool"), tool.error().message, tool.error().hint);
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
