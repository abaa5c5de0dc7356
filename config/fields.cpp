#include "config/fields.hpp"

#include "config/base/duration.hpp"
#include "config/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>

namespace json = boost::json;

namespace opd {
namespace {

constexpr auto server_fields = std::to_array<field<model_server>>(
    {{.name = "name", .member = &model_server::name, .rule = text_rule::name, .example = "\"my-server\""},
     {.name = "kind",
      .member = &model_server::kind,
      .example = "\"ollama\"",
      .argument = "KIND",
      .help = "what it is; operatorctl kinds lists them"},
     {.name = "base_url",
      .member = &model_server::base_url,
      .rule = text_rule::base_url,
      .example = "\"http://localhost:8080/v1\"",
      .argument = "URL",
      .help = "where it is, with or without the API version"},
     {.name = "api_key_env",
      .member = &model_server::api_key_env,
      .rule = text_rule::api_key_env,
      .argument = "VARIABLE",
      .help = "the NAME of the variable that holds its key, never the key"},
     {.name = "extra_env", .member = &model_server::extra_env, .masked = true},
     {.name = "display_name",
      .member = &model_server::display_name,
      .rule = text_rule::display_name,
      .argument = "TEXT",
      .help = "for people"},
     {.name = "probe",
      .member = &model_server::probe,
      .in_api = "probe_mode",
      .further = true,
      .argument = "{auto,lazy,never}",
      .help = "when it is probed: on the schedule, only when somebody asks, or never"},
     {.name = "interval",
      .member = &model_server::interval,
      .further = true,
      .argument = "TIME",
      .help = "from one probe to the next, such as 10s"},
     {.name = "timeout",
      .member = &model_server::timeout,
      .further = true,
      .argument = "TIME",
      .help = "how long a probe may take, such as 20s"},
     {.name = "ca_file",
      .member = &model_server::ca_file,
      .rule = text_rule::ca_file,
      .further = true,
      .argument = "FILE",
      .help = "certificates to trust besides the system's"},
     {.name = "allow_plaintext_key",
      .member = &model_server::allow_plaintext_key,
      .further = true,
      .help = "its key may travel over http beyond private networks; =false takes it back"},
     {.name = "bridge",
      .member = &model_server::bridge,
      .further = true,
      .argument = "{auto,always,never}",
      .help = "whether agents go through the bridge: where they must, always, or never"}});

using of_member = table_member::type;

constexpr std::array<table_member, 9> launch_members{{{"yolo", of_member::flag},
                                                      {"permission_mode", of_member::text},
                                                      {"flags", of_member::texts},
                                                      {"use_worktrees", of_member::flag},
                                                      {"create_branch", of_member::flag},
                                                      {"docker", of_member::flag},
                                                      {"prompt_prefix", of_member::text},
                                                      {"prompt_suffix", of_member::text},
                                                      {"operator_relay", of_member::flag}}};
constexpr std::array<table_member, 2> agent_members{{{"platform", of_member::text}, {"id", of_member::text}}};

constexpr auto delegator_fields = std::to_array<field<delegator>>(
    {{.name = "name", .member = &delegator::name, .rule = text_rule::name, .example = "\"my-server\""},
     {.name = "llm_tool", .member = &delegator::llm_tool, .rule = text_rule::llm_tool, .example = "\"claude\""},
     {.name = "model", .member = &delegator::model, .rule = text_rule::model, .example = "\"sonnet\""},
     {.name = "model_server", .member = &delegator::model_server, .rule = text_rule::model_server, .place_in_api = 1},
     {.name = "display_name", .member = &delegator::display_name, .rule = text_rule::display_name},
     {.name = "model_properties", .member = &delegator::model_properties},
     {.name = "launch_config", .member = &delegator::launch_config, .members = launch_members, .place_in_api = 2},
     {.name = "remote_agent", .member = &delegator::remote_agent, .members = agent_members, .place_in_api = 2}});

json::value json_of(const std::string& text) { return json::value(text); }
json::value json_of(const kind* of) { return of == nullptr ? json::value(nullptr) : json::value(of->slug); }

json::value json_of(const variables& all) {
    json::object members;
    for (const auto& [name, value] : all) members[name] = value;
    return members;
}

template <class Mode>
    requires std::is_enum_v<Mode>
json::value json_of(Mode mode) {
    return json::value(std::ranges::find(mode_words<Mode>, mode, &mode_word<Mode>::mode)->word);
}

json::value json_of(std::chrono::milliseconds time) { return json::value(format_duration(time)); }
json::value json_of(bool flag) { return flag; }
json::value json_of(const json::object& table) { return table; }

template <class T>
json::value json_of(const std::optional<T>& value) {
    return value ? json_of(*value) : json::value(nullptr);
}

template <class Entry>
bool is_absent(const field<Entry>& row, const json::value& value) {
    return value == value_of(row, Entry());
}

}  // namespace

template <>
std::span<const field<model_server>> fields_of() {
    return server_fields;
}

template <>
std::span<const field<delegator>> fields_of() {
    return delegator_fields;
}

template <class Entry>
const std::vector<const field<Entry>*>& api_fields_of() {
    static const std::vector<const field<Entry>*> sorted = [] {
        std::vector<const field<Entry>*> rows;
        for (const field<Entry>& row : fields_of<Entry>()) rows.push_back(&row);
        std::ranges::sort(rows, {}, [](const field<Entry>* row) { return std::pair(row->place_in_api, row); });
        return rows;
    }();
    return sorted;
}

template <class Entry>
json::value value_of(const field<Entry>& row, const Entry& entry) {
    return std::visit([&entry](auto member) { return json_of(entry.*member); }, row.member);
}

template <class Entry>
std::vector<std::string_view> idle_fields(const Entry& entry, const toml_node& written) {
    std::vector<std::string_view> names;
    for (const field<Entry>& row : fields_of<Entry>())
        if (written.find(row.name) != nullptr && is_absent(row, value_of(row, entry))) names.push_back(row.name);
    return names;
}

template <class Entry>
json::object entry_table(const Entry& entry, std::span<const std::string_view> idle) {
    json::object table;
    for (const field<Entry>& row : fields_of<Entry>()) {
        json::value value = value_of(row, entry);
        const bool is_shown = !is_absent(row, value) || std::ranges::find(idle, row.name) != idle.end();
        if (is_shown && !value.is_null()) table.emplace(row.name, std::move(value));
    }
    return table;
}

template <class Entry>
bool same_entry(const Entry& a, const Entry& b) {
    return a == b || std::ranges::all_of(fields_of<Entry>(), [&](const field<Entry>& row) {
               return same_value(value_of(row, a), value_of(row, b));
           });
}

template const std::vector<const field<model_server>*>& api_fields_of();
template const std::vector<const field<delegator>*>& api_fields_of();
template json::value value_of(const field<model_server>&, const model_server&);
template json::value value_of(const field<delegator>&, const delegator&);
template std::vector<std::string_view> idle_fields(const model_server&, const toml_node&);
template std::vector<std::string_view> idle_fields(const delegator&, const toml_node&);
template json::object entry_table(const model_server&, std::span<const std::string_view>);
template json::object entry_table(const delegator&, std::span<const std::string_view>);
template bool same_entry(const model_server&, const model_server&);
template bool same_entry(const delegator&, const delegator&);

}  // namespace opd
