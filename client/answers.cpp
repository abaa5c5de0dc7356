#include "client/answers.hpp"

#include "client/text.hpp"
#include "config/fields.hpp"

#include <boost/json.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace opd {
namespace {

namespace json = boost::json;

/// The fields that the first clients do not know, as far as they are not what they are by default.
std::vector<std::pair<std::string, std::string>> to_further(const json::object& from) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const field<model_server>& row : fields_of<model_server>()) {
        if (!row.further) continue;
        std::string text = flag_of(from, row.in_api).value_or(false) ? "yes" : text_of(from, row.in_api);
        if (text.empty() || json::value(text) == value_of(row, model_server())) continue;
        std::string name(row.in_api);
        std::ranges::replace(name, '_', ' ');
        out.emplace_back(std::move(name), std::move(text));
    }
    return out;
}

std::optional<server_answer> to_server(const json::object& from) {
    const json::object& probe = object_of(from, "probe");
    server_answer out{.name = text_of(from, "name"),
                      .kind = text_of(from, "kind"),
                      .display_name = text_of(from, "display_name"),
                      .base_url = text_of(from, "base_url"),
                      .api_key_env = text_of(from, "api_key_env"),
                      .user_declared = flag_of(from, "user_declared").value_or(false),
                      .further = to_further(from),
                      .probe = {.status = text_of(probe, "status"),
                                .reachable = flag_of(probe, "reachable").value_or(false),
                                .checked_at = parse_time(text_of(probe, "checked_at")),
                                .latency_ms = number_of(probe, "latency_ms"),
                                .model_count = number_of(probe, "model_count"),
                                .error = text_of(probe, "error"),
                                .hint = text_of(probe, "hint"),
                                .next_probe_at = parse_time(text_of(probe, "next_probe_at"))}};
    if (out.name.empty()) return std::nullopt;
    const json::object& environment = object_of(from, "extra_env");
    for (const auto& entry : environment) out.extra_env.emplace_back(entry.key(), text_of(environment, entry.key()));
    return out;
}

/// An object as JSON; empty: there is none.
std::string object_text(const json::object& from, std::string_view name) {
    const json::object& object = object_of(from, name);
    return object.empty() ? std::string() : json::serialize(object);
}

std::optional<delegator_answer> to_delegator(const json::object& from) {
    if (text_of(from, "name").empty()) return std::nullopt;
    return delegator_answer{.name = text_of(from, "name"),
                            .llm_tool = text_of(from, "llm_tool"),
                            .model = text_of(from, "model"),
                            .model_server = text_of(from, "model_server"),
                            .display_name = text_of(from, "display_name"),
                            .model_properties = object_text(from, "model_properties"),
                            .launch_config = object_text(from, "launch_config"),
                            .remote_agent = object_text(from, "remote_agent")};
}

std::vector<model_entry> to_models(const json::object& from, std::string_view list) {
    std::vector<model_entry> out;
    for (const json::object* model : objects_of(from, list))
        out.push_back({.id = text_of(*model, "id"),
                       .display_name = text_of(*model, "display_name"),
                       .context_length = number_of(*model, "context_length"),
                       .max_output_tokens = number_of(*model, "max_output_tokens"),
                       .tools = flag_of(*model, "tools"),
                       .vision = flag_of(*model, "vision"),
                       .loaded = flag_of(*model, "loaded")});
    return out;
}

std::optional<models_answer> to_models_answer(const json::object& from) {
    if (array_of(from, "models") == nullptr) return std::nullopt;
    return models_answer{.server = text_of(from, "server"),
                         .reachable = flag_of(from, "reachable").value_or(false),
                         .status = text_of(from, "status"),
                         .error = text_of(from, "error"),
                         .hint = text_of(from, "hint"),
                         .models = to_models(from, "models"),
                         .last_known_models = to_models(from, "last_known_models"),
                         .checked_at = parse_time(text_of(from, "checked_at")),
                         .last_success_at = parse_time(text_of(from, "last_success_at")),
                         .latency_ms = number_of(from, "latency_ms"),
                         .stale = flag_of(from, "stale").value_or(false)};
}

std::optional<health_answer> to_health(const json::object& from) {
    if (text_of(from, "status").empty()) return std::nullopt;
    const json::object& config = object_of(from, "config");
    const json::object& probes = object_of(from, "probes");
    health_answer out{.status = text_of(from, "status"),
                      .version = text_of(from, "version"),
                      .pid = number_of(from, "pid").value_or(0),
                      .started_at = parse_time(text_of(from, "started_at")),
                      .config_path = text_of(config, "path"),
                      .config_generation = number_of(config, "generation").value_or(0),
                      .config_error = text_of(config, "error"),
                      .servers = number_of(probes, "servers").value_or(0),
                      .reachable = number_of(probes, "reachable").value_or(0),
                      .in_flight = number_of(probes, "in_flight").value_or(0)};
    for (const json::object* one : objects_of(object_of(from, "bridge"), "running"))
        out.running.push_back(fmt::format("{} with {} by {}, for {} s", text_of(*one, "server"), text_of(*one, "model"),
                                          text_of(*one, "protocol"), number_of(*one, "seconds").value_or(0)));
    return out;
}

std::optional<kind_entry> to_kind(const json::object& from) {
    if (text_of(from, "slug").empty()) return std::nullopt;
    return kind_entry{.slug = text_of(from, "slug"),
                      .display_name = text_of(from, "display_name"),
                      .category_label = text_of(from, "category_label"),
                      .default_base_url = text_of(from, "default_base_url"),
                      .default_api_key_env = text_of(from, "default_api_key_env"),
                      .is_builtin = flag_of(from, "is_builtin").value_or(false)};
}

std::optional<tool_answer> to_tool(const json::object& from) {
    if (text_of(from, "name").empty()) return std::nullopt;
    return tool_answer{.name = text_of(from, "name"),
                       .path = text_of(from, "path"),
                       .version = text_of(from, "version"),
                       .min_version = text_of(from, "min_version"),
                       .version_ok = flag_of(from, "version_ok"),
                       .model_aliases = texts_of(from, "model_aliases"),
                       .version_error = text_of(from, "version_error")};
}

std::optional<default_answer> to_default(const json::object& from) {
    return default_answer{.tool = text_of(from, "tool"), .model = text_of(from, "model")};
}

std::optional<key_answer> to_key(const json::object& from) {
    if (text_of(from, "name").empty()) return std::nullopt;
    key_answer key{.name = text_of(from, "name"), .source = text_of(from, "source"), .error = text_of(from, "error")};
    for (const json::object* user : objects_of(from, "servers"))
        key.users.push_back({.server = text_of(*user, "name"), .status = text_of(*user, "status")});
    return key;
}

/// The list under that name; without one the document itself.
template <class T>
result<std::vector<T>> read_list(std::string_view text, std::string_view name,
                                 std::optional<T> (*read)(const json::object&), std::string_view what) {
    const auto document = parse_json(text);
    const json::object* root = document ? document->if_object() : nullptr;
    const json::array* list = root != nullptr ? array_of(*root, name) : nullptr;
    if (document && name.empty()) list = document->if_array();
    auto entries = entries_of(list, read);
    if (!entries) return not_understood(what);
    return *std::move(entries);
}

template <class T>
result<T> read_one(std::string_view text, std::optional<T> (*read)(const json::object&), std::string_view what) {
    const auto root = parse_object(text);
    auto one = root ? read(*root) : std::nullopt;
    if (!one) return not_understood(what);
    return *std::move(one);
}

struct advice {
    std::string_view verb;
    std::string_view noun;
    std::string_view text;  ///< what follows the reason
};

constexpr std::array<advice, 10> advices{
    {{"list", "model-servers", "; operatorctl servers lists them"},
     {"list", "delegators", "; operatorctl delegators lists them"},
     {"list", "kinds", "; operatorctl kinds lists them"},
     {"list", "keys", "; operatorctl keys lists them"},
     {"forget", "keys", "; forget one with: operatorctl keys forget NAME"},
     {"replace", "model-servers", "; change it with: operatorctl servers set NAME, or choose another name"},
     {"replace", "delegators", "; choose another name"},
     {"force", "launch", "; --force launches anyway"},
     {"force", "", ", or force it with --force"},
     {"reread", "", "; somebody else has changed it meanwhile: look at it, and try again"}}};

/// What the daemon advises to those who use its REST interface, for those who use commands. nullopt: it does not.
std::optional<std::string> told_here(const json::object& error) {
    const json::object& next = object_of(error, "next");
    const std::string verb = text_of(next, "verb");
    const std::string noun = text_of(next, "noun");
    const std::string reason = text_of(error, "reason");
    const auto* const known =
        std::ranges::find_if(advices, [&](const advice& one) { return one.verb == verb && one.noun == noun; });
    if (known == advices.end() || reason.empty()) return std::nullopt;
    return fmt::format("{}{}", reason, known->text);
}

}  // namespace

std::optional<json::value> parse_json(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    if (error) return std::nullopt;
    return value;
}

std::optional<json::object> parse_object(std::string_view text) {
    auto value = parse_json(text);
    if (!value || !value->is_object()) return std::nullopt;
    return std::move(value->get_object());
}

std::string text_of(const json::object& from, std::string_view name) {
    const json::value* value = from.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::vector<std::string> texts_of(const json::object& from, std::string_view name) {
    std::vector<std::string> out;
    const json::array* list = array_of(from, name);
    if (list == nullptr) return out;
    for (const json::value& value : *list)
        if (value.is_string()) out.emplace_back(value.get_string());
    return out;
}

std::optional<std::uint64_t> number_of(const json::object& from, std::string_view name) {
    const json::value* value = from.if_contains(name);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code error;
    const auto number = value->to_number<std::uint64_t>(error);
    if (!error) return number;
    const double* real = value->if_double();
    if (real == nullptr || !(*real >= 0.0) || *real > 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(*real));
}

std::optional<bool> flag_of(const json::object& from, std::string_view name) {
    const json::value* value = from.if_contains(name);
    return value != nullptr && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}

const json::object& object_of(const json::object& from, std::string_view name) {
    static const json::object nothing;
    const json::value* value = from.if_contains(name);
    return value != nullptr && value->is_object() ? value->get_object() : nothing;
}

const json::array* array_of(const json::object& from, std::string_view name) {
    const json::value* value = from.if_contains(name);
    return value != nullptr ? value->if_array() : nullptr;
}

std::vector<const json::object*> objects_of(const json::object& from, std::string_view name) {
    std::vector<const json::object*> out;
    const json::array* list = array_of(from, name);
    if (list == nullptr) return out;
    for (const json::value& value : *list)
        if (value.is_object()) out.push_back(&value.get_object());
    return out;
}

problem not_understood(std::string_view what) {
    return {fmt::format("the answer is not {}", what),
            "operatorctl and operatord may be of different versions: compare operatorctl --version with "
            "operatord --version"};
}

result<std::vector<server_answer>> read_server_list(std::string_view text) {
    return read_list(text, "servers", to_server, "a list of model servers");
}

result<server_answer> read_server(std::string_view text) { return read_one(text, to_server, "a model server"); }

result<models_answer> read_models(std::string_view text) {
    return read_one(text, to_models_answer, "a list of models");
}

result<health_answer> read_health(std::string_view text) { return read_one(text, to_health, "a state of health"); }

result<std::vector<kind_entry>> read_kinds(std::string_view text) {
    return read_list(text, "", to_kind, "a list of kinds");
}

result<std::vector<delegator_answer>> read_delegator_list(std::string_view text) {
    return read_list(text, "delegators", to_delegator, "a list of delegators");
}

result<delegator_answer> read_delegator(std::string_view text) { return read_one(text, to_delegator, "a delegator"); }

result<std::vector<tool_answer>> read_tools(std::string_view text) {
    return read_list(text, "tools", to_tool, "a list of llm tools");
}

result<default_answer> read_default(std::string_view text) { return read_one(text, to_default, "a default"); }

result<keys_answer> read_keys(std::string_view text) {
    const auto root = parse_object(text);
    auto keys = root ? entries_of(array_of(*root, "keys"), to_key) : std::nullopt;
    if (!keys) return not_understood("a list of keys");
    const json::object& file = object_of(*root, "keys_file");
    return keys_answer{
        .keys = *std::move(keys), .keys_file = text_of(file, "path"), .keys_file_errors = texts_of(file, "errors")};
}

result<key_answer> read_key(std::string_view text) { return read_one(text, to_key, "a key"); }

std::string read_error(unsigned http_status, std::string_view body) {
    const auto root = parse_object(body);
    if (!root || text_of(*root, "message").empty()) return fmt::format("HTTP {}", http_status);
    const std::string told = text_of(*root, "message");
    std::string message = printable(told_here(*root).value_or(told));
    for (const json::object* detail : objects_of(*root, "details")) {
        const std::string fault = text_of(*detail, "message");
        const std::string line = fmt::format("{}: {}", text_of(*detail, "field"), fault);
        if (line != told && fault != told) message += "\n  " + printable(line);
    }
    return message;
}

}  // namespace opd
