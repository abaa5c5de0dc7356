#include "client/answers.hpp"
#include "client/launch/launch.hpp"
#include "config/base/utf8.hpp"
#include "config/model/field_rules.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace opd {
namespace {

namespace json = boost::json;

constexpr const char* masked = "***";

bool is_c_string(std::string_view text) { return text.find('\0') == text.npos; }

bool is_file_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos && is_c_string(name);
}

std::optional<plan_variable> read_variable(const json::object& from) {
    plan_variable out{.name = text_of(from, "name"),
                      .value = text_of(from, "value"),
                      .from_env = text_of(from, "from_env"),
                      .secret = flag_of(from, "secret").value_or(true)};
    const json::value* literal = from.if_contains("value");
    const bool has_value = literal != nullptr && literal->is_string() && is_c_string(out.value);
    const bool is_whole = is_env_name(out.name) && (out.from_env.empty() ? has_value : is_env_name(out.from_env));
    return is_whole ? std::optional(std::move(out)) : std::nullopt;
}

bool read_home(const json::object& root, received_plan& into) {
    const json::object& from = object_of(root, "private_home");
    if (from.empty()) return true;
    into.home = private_home{.variable = text_of(from, "variable"),
                             .folder = text_of(from, "folder"),
                             .file = text_of(from, "file"),
                             .settings = object_of(from, "settings"),
                             .shared = texts_of(from, "shared")};
    for (const auto& [variable, file] : object_of(from, "names"))
        into.home->names.emplace_back(variable, file.is_string() ? file.get_string() : "");
    const auto is_sound_name = [](const auto& one) { return is_env_name(one.first) && is_file_name(one.second); };
    return is_env_name(into.home->variable) && is_file_name(into.home->folder) && is_file_name(into.home->file) &&
           std::ranges::all_of(into.home->shared, is_file_name) && std::ranges::all_of(into.home->names, is_sound_name);
}

bool is_sound(const received_plan& plan) {
    return is_file_name(plan.tool) && plan.args_at >= 1 && plan.args_at <= plan.argv.size() &&
           std::ranges::all_of(plan.argv, is_c_string) && std::ranges::all_of(plan.unset, is_env_name) &&
           std::ranges::all_of(plan.push_keys, is_env_name) && std::ranges::all_of(plan.no_proxy, is_c_string);
}

}  // namespace

result<received_plan> read_plan(std::string_view text) {
    const problem odd = not_understood("the plan of a launch");
    const auto root = parse_object(text);
    if (!root) return odd;
    received_plan plan{.tool = text_of(*root, "tool"),
                       .argv = texts_of(*root, "argv"),
                       .unset = texts_of(*root, "unset"),
                       .model_server = text_of(*root, "model_server"),
                       .model = text_of(*root, "model"),
                       .delegator = text_of(*root, "delegator"),
                       .warnings = texts_of(*root, "warnings"),
                       .no_proxy = texts_of(*root, "no_proxy"),
                       .install_hint = text_of(*root, "install_hint"),
                       .via = text_of(*root, "via"),
                       .losses = texts_of(*root, "losses"),
                       .push_keys = texts_of(*root, "push_keys")};
    plan.args_at = number_of(*root, "args_at").value_or(plan.argv.size());
    auto variables = entries_of(array_of(*root, "env"), read_variable);
    if (!variables || !read_home(*root, plan) || !is_sound(plan)) return odd;
    plan.env = *std::move(variables);
    return plan;
}

std::vector<std::string> command_line_of(const received_plan& plan, const std::vector<std::string>& arguments) {
    std::vector<std::string> out = plan.argv;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(plan.args_at), arguments.begin(), arguments.end());
    return out;
}

std::string public_plan(std::string_view text, const received_plan& plan, const std::vector<std::string>& arguments,
                        const std::optional<std::string>& program) {
    json::object root = *parse_object(text);
    for (json::value& value : root["env"].get_array()) {
        json::object& variable = value.get_object();
        if (variable.contains("value") && flag_of(variable, "secret").value_or(true)) variable["value"] = masked;
    }
    json::array& argv = root["argv"].get_array();
    auto place = argv.begin() + number_of(root, "args_at").value_or(argv.size());
    for (const std::string& argument : arguments) place = argv.insert(place, json::value(legible(argument))) + 1;
    root["warnings"] = json::value_from(plan.warnings);
    root["path"] = program ? json::value(legible(*program)) : json::value(nullptr);
    return json::serialize(root);
}

}  // namespace opd
