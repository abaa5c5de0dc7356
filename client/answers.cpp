#include "client/answers.hpp"

#include "client/text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cmath>

namespace opd {
namespace {

namespace json = boost::json;

problem not_understood(std::string_view what) {
    return {fmt::format("the answer is not {}", what),
            "operatorctl and operatord may be of different versions: compare operatorctl --version with "
            "operatord --version"};
}

std::optional<json::value> parse(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error) return std::nullopt;
    return value;
}

const json::value* field(const json::object& from, std::string_view name) {
    return from.if_contains({name.data(), name.size()});
}

std::string text_of(const json::object& from, std::string_view name) {
    const json::value* value = field(from, name);
    const json::string* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

std::optional<std::uint64_t> number_of(const json::object& from, std::string_view name) {
    const json::value* value = field(from, name);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code error;
    const auto number = value->to_number<std::uint64_t>(error);
    if (!error) return number;
    const double* real = value->if_double();
    if (real == nullptr || !(*real >= 0.0) || *real > 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(*real));
}

std::optional<bool> flag_of(const json::object& from, std::string_view name) {
    const json::value* value = field(from, name);
    const bool* flag = value != nullptr ? value->if_bool() : nullptr;
    return flag != nullptr ? std::optional(*flag) : std::nullopt;
}

const json::object& object_of(const json::object& from, std::string_view name) {
    static const json::object nothing;
    const json::value* value = field(from, name);
    const json::object* object = value != nullptr ? value->if_object() : nullptr;
    return object != nullptr ? *object : nothing;
}

const json::array* array_of(const json::object& from, std::string_view name) {
    const json::value* value = field(from, name);
    return value != nullptr ? value->if_array() : nullptr;
}

std::optional<server_answer> to_server(const json::value& value) {
    const json::object* from = value.if_object();
    if (from == nullptr) return std::nullopt;
    const json::object& probe = object_of(*from, "probe");
    server_answer out{.name = text_of(*from, "name"),
                      .kind = text_of(*from, "kind"),
                      .display_name = text_of(*from, "display_name"),
                      .base_url = text_of(*from, "base_url"),
                      .api_key_env = text_of(*from, "api_key_env"),
                      .extra_env = {},
                      .user_declared = flag_of(*from, "user_declared").value_or(false),
                      .probe = {.status = text_of(probe, "status"),
                                .reachable = flag_of(probe, "reachable").value_or(false),
                                .checked_at = parse_time(text_of(probe, "checked_at")),
                                .latency_ms = number_of(probe, "latency_ms"),
                                .model_count = number_of(probe, "model_count")}};
    if (out.name.empty()) return std::nullopt;
    const json::object& environment = object_of(*from, "extra_env");
    for (const auto& entry : environment)
        out.extra_env.emplace_back(entry.key(), text_of(environment, entry.key()));
    return out;
}

std::vector<model_entry> to_models(const json::array* from) {
    std::vector<model_entry> out;
    if (from == nullptr) return out;
    for (const json::value& value : *from) {
        const json::object* model = value.if_object();
        if (model == nullptr) continue;
        out.push_back({.id = text_of(*model, "id"),
                       .display_name = text_of(*model, "display_name"),
                       .context_length = number_of(*model, "context_length"),
                       .max_output_tokens = number_of(*model, "max_output_tokens"),
                       .tools = flag_of(*model, "tools"),
                       .vision = flag_of(*model, "vision"),
                       .loaded = flag_of(*model, "loaded")});
    }
    return out;
}

}  // namespace

result<std::vector<server_answer>> read_server_list(std::string_view text) {
    const auto document = parse(text);
    const json::object* root = document ? document->if_object() : nullptr;
    const json::array* list = root != nullptr ? array_of(*root, "servers") : nullptr;
    if (list == nullptr) return not_understood("a list of model servers");
    std::vector<server_answer> out;
    for (const json::value& value : *list) {
        auto server = to_server(value);
        if (!server) return not_understood("a list of model servers");
        out.push_back(std::move(*server));
    }
    return out;
}

result<server_answer> read_server(std::string_view text) {
    const auto document = parse(text);
    auto server = document ? to_server(*document) : std::nullopt;
    if (!server) return not_understood("a model server");
    return std::move(*server);
}

result<models_answer> read_models(std::string_view text) {
    const auto document = parse(text);
    const json::object* root = document ? document->if_object() : nullptr;
    if (root == nullptr || array_of(*root, "models") == nullptr) return not_understood("a list of models");
    return models_answer{.server = text_of(*root, "server"),
                         .reachable = flag_of(*root, "reachable").value_or(false),
                         .status = text_of(*root, "status"),
                         .error = text_of(*root, "error"),
                         .hint = text_of(*root, "hint"),
                         .models = to_models(array_of(*root, "models")),
                         .last_known_models = to_models(array_of(*root, "last_known_models")),
                         .checked_at = parse_time(text_of(*root, "checked_at")),
                         .last_success_at = parse_time(text_of(*root, "last_success_at")),
                         .latency_ms = number_of(*root, "latency_ms"),
                         .stale = flag_of(*root, "stale").value_or(false)};
}

result<health_answer> read_health(std::string_view text) {
    const auto document = parse(text);
    const json::object* root = document ? document->if_object() : nullptr;
    if (root == nullptr || text_of(*root, "status").empty()) return not_understood("a state of health");
    const json::object& config = object_of(*root, "config");
    const json::object& probes = object_of(*root, "probes");
    return health_answer{.status = text_of(*root, "status"),
                         .version = text_of(*root, "version"),
                         .pid = number_of(*root, "pid").value_or(0),
                         .started_at = parse_time(text_of(*root, "started_at")),
                         .config_path = text_of(config, "path"),
                         .config_generation = number_of(config, "generation").value_or(0),
                         .config_error = text_of(config, "error"),
                         .servers = number_of(probes, "servers").value_or(0),
                         .reachable = number_of(probes, "reachable").value_or(0),
                         .in_flight = number_of(probes, "in_flight").value_or(0)};
}

result<std::vector<kind_entry>> read_kinds(std::string_view text) {
    const auto document = parse(text);
    const json::array* list = document ? document->if_array() : nullptr;
    if (list == nullptr) return not_understood("a list of kinds");
    std::vector<kind_entry> out;
    for (const json::value& value : *list) {
        const json::object* from = value.if_object();
        if (from == nullptr || text_of(*from, "slug").empty()) return not_understood("a list of kinds");
        out.push_back({.slug = text_of(*from, "slug"),
                       .display_name = text_of(*from, "display_name"),
                       .description = text_of(*from, "description"),
                       .category_label = text_of(*from, "category_label"),
                       .default_base_url = text_of(*from, "default_base_url"),
                       .default_api_key_env = text_of(*from, "default_api_key_env"),
                       .is_builtin = flag_of(*from, "is_builtin").value_or(false)});
    }
    return out;
}

std::string read_error(unsigned http_status, std::string_view body) {
    const auto document = parse(body);
    const json::object* root = document ? document->if_object() : nullptr;
    std::string message = root != nullptr ? text_of(*root, "message") : std::string();
    if (message.empty()) return fmt::format("HTTP {}", http_status);
    const json::array* details = array_of(*root, "details");
    if (details == nullptr) return message;
    for (const json::value& value : *details) {
        const json::object* detail = value.if_object();
        if (detail == nullptr) continue;
        message += fmt::format("; {}: {}", text_of(*detail, "field"), text_of(*detail, "message"));
    }
    return message;
}

}  // namespace opd
