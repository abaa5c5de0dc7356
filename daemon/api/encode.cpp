#include "config/base/utf8.hpp"
#include "config/fields.hpp"
#include "config/json_reader.hpp"
#include "config/model/field_rules.hpp"
#include "daemon/api/answers.hpp"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace json = boost::json;

namespace opd::api {
namespace {

constexpr std::size_t bytes_per_model = 512;  // an object of seven fields, and its texts

template <class T>
json::value value_or_null(const std::optional<T>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::value time_or_null(const std::optional<state::wall_time>& time) {
    return time ? json::value(encode_time(*time)) : json::value(nullptr);
}

json::value milliseconds_or_null(const std::optional<std::chrono::milliseconds>& duration) {
    return duration ? json::value(duration->count()) : json::value(nullptr);
}

json::value masked(json::value values) {
    for (auto& member : values.get_object()) {
        const std::string value(member.value().get_string());
        member.value() = wire::shown_value(value, !referred_to(value).empty());  // a reference gives nothing away
    }
    return values;
}

/// Adds the fields that the published clients know, or the further ones.
template <class Entry>
void add_fields(json::object& into, const Entry& entry, bool further, bool reveal) {
    for (const field<Entry>* row : api_fields_of<Entry>()) {
        if (row->further != further) continue;
        json::value value = value_of(*row, entry);
        into.emplace(row->in_api, row->masked && !reveal ? masked(std::move(value)) : std::move(value));
    }
}

json::object delegator_fields(const delegator& one) {
    json::object fields;
    add_fields(fields, one, false, true);
    return fields;
}

/// An object's text without its closing brace, so that fields with ready-made texts can follow.
std::string open_object(const json::object& fields) {
    std::string text = json::serialize(fields);
    text.pop_back();
    return text;
}

wire::document::piece piece_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

}  // namespace

std::string encode_time(state::wall_time time) {
    const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                       since_epoch.count() % 1000);
}

wire::document::piece encode_models(std::span<const model> models) {
    // A list can be long, and is made after every probe: its values share one piece of memory instead of hundreds.
    json::monotonic_resource memory(models.size() * bytes_per_model + 1);
    json::array list(&memory);
    list.reserve(models.size());
    for (const model& one : models) {
        json::object& fields = list.emplace_back(json::object_kind).get_object();
        fields.reserve(7);
        fields.emplace("id", one.id);
        fields.emplace("display_name", one.display_name);
        fields.emplace("context_length", value_or_null(one.context_length));
        fields.emplace("max_output_tokens", value_or_null(one.max_output_tokens));
        fields.emplace("tools", value_or_null(one.tools));
        fields.emplace("vision", value_or_null(one.vision));
        fields.emplace("loaded", value_or_null(one.loaded));
    }
    std::string text = json::serialize(list);
    text.shrink_to_fit();
    return piece_of(std::move(text));
}

wire::document_ptr encode_models_answer(std::string_view server, const state::server_state& state,
                                        wire::document::piece last_good) {
    static const wire::document::piece none = piece_of("[]");
    const wire::document::piece& models = state.reachable() ? last_good : none;
    std::string head = open_object({{"server", server}, {"reachable", state.reachable()}}) + ",\"models\":";
    std::string rest = open_object({{"error", text_or_null(state.error)},
                                    {"status", to_string(state.status)},
                                    {"hint", text_or_null(state.hint)},
                                    {"checked_at", time_or_null(state.checked_at)},
                                    {"last_success_at", time_or_null(state.last_success_at)},
                                    {"latency_ms", milliseconds_or_null(state.latency)},
                                    {"stale", state.stale}}) +
                       ",\"last_known_models\":";
    rest.front() = ',';
    static const wire::document::piece tail = piece_of("}");
    return wire::make_document({piece_of(std::move(head)), models, piece_of(std::move(rest)), last_good, tail});
}

std::string encode_server(const state::server_state& state, bool reveal_env) {
    const model_server& server = state.server;
    const json::object probe{
        {"status", to_string(state.status)},
        {"reachable", state.reachable()},
        {"checked_at", time_or_null(state.checked_at)},
        {"latency_ms", milliseconds_or_null(state.latency)},
        {"model_count", state.reachable() ? json::value(state.last_good->size()) : json::value(nullptr)},
        {"error", text_or_null(state.error)},
        {"hint", text_or_null(state.hint)},
        {"next_probe_at", time_or_null(state.next_probe_at)}};
    json::object fields;
    add_fields(fields, server, false, reveal_env);
    fields.emplace("user_declared", server.user_declared);
    fields.emplace("probe", probe);
    add_fields(fields, server, true, reveal_env);
    return json::serialize(fields);
}

std::string encode_server_list(std::span<const std::string_view> servers) {
    return fmt::format(R"({{"servers":[{}],"total":{}}})", fmt::join(servers, ","), servers.size());
}

std::string encode_kinds() {
    json::array list;
    for (const kind& one : kinds()) {
        list.push_back({{"slug", one.slug},
                        {"display_name", one.display_name},
                        {"description", one.description},
                        {"setup_url", one.setup_url},
                        {"icon", one.codicon},
                        {"is_builtin", one.builtin},
                        {"category", slug(one.provider)},
                        {"category_label", category_label(one.provider)},
                        {"brand_icon", text_or_null(one.brand_icon)},
                        {"default_base_url", text_or_null(one.default_base_url)},
                        {"default_api_key_env", text_or_null(one.default_api_key_env)},
                        {"connectable", one.connectable()}});
    }
    return json::serialize(list);
}

std::string encode_delegator(const delegator& one) { return json::serialize(delegator_fields(one)); }

std::string encode_delegator_list(std::span<const delegator> delegators) {
    json::array list;
    for (const delegator& one : delegators) list.push_back(delegator_fields(one));
    return json::serialize(json::object{{"delegators", std::move(list)}, {"total", delegators.size()}});
}

std::string encode_tools(std::span<const tools::found_tool> tools) {
    json::array list;
    for (const tools::found_tool& one : tools) {
        json::array aliases(one.tool->model_aliases.begin(), one.tool->model_aliases.end());
        list.push_back(json::object{{"name", one.tool->name},
                                    {"path", legible(one.path.string())},
                                    {"version", text_or_null(one.version)},
                                    {"min_version", one.tool->min_version},
                                    {"version_ok", value_or_null(one.version_ok())},
                                    {"model_aliases", std::move(aliases)},
                                    {"version_error", text_or_null(one.version_error)}});
    }
    return json::serialize(json::object{{"tools", std::move(list)}, {"total", tools.size()}});
}

std::string encode_default_tool(std::string_view tool, std::string_view model) {
    return json::serialize(json::object{{"tool", tool}, {"model", model}});
}

}  // namespace opd::api
