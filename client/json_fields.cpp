#include "client/json_fields.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cmath>

namespace opd {
namespace {

namespace json = boost::json;

const json::value* find(const json::object& from, std::string_view name) {
    return from.if_contains({name.data(), name.size()});
}

}  // namespace

std::optional<json::value> parse_json(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error) return std::nullopt;
    return value;
}

std::optional<json::object> parse_object(std::string_view text) {
    auto value = parse_json(text);
    if (!value || !value->is_object()) return std::nullopt;
    return std::move(value->get_object());
}

std::string text_of(const json::object& from, std::string_view name) {
    const json::value* value = find(from, name);
    const json::string* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

std::vector<std::string> texts_of(const json::object& from, std::string_view name) {
    std::vector<std::string> out;
    const json::array* list = array_of(from, name);
    if (list == nullptr) return out;
    for (const json::value& value : *list)
        if (const json::string* text = value.if_string()) out.emplace_back(text->data(), text->size());
    return out;
}

std::optional<std::uint64_t> number_of(const json::object& from, std::string_view name) {
    const json::value* value = find(from, name);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code error;
    const auto number = value->to_number<std::uint64_t>(error);
    if (!error) return number;
    const double* real = value->if_double();
    if (real == nullptr || !(*real >= 0.0) || *real > 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(*real));
}

std::optional<bool> flag_of(const json::object& from, std::string_view name) {
    const json::value* value = find(from, name);
    const bool* flag = value != nullptr ? value->if_bool() : nullptr;
    return flag != nullptr ? std::optional(*flag) : std::nullopt;
}

const json::object& object_of(const json::object& from, std::string_view name) {
    static const json::object nothing;
    const json::value* value = find(from, name);
    const json::object* object = value != nullptr ? value->if_object() : nullptr;
    return object != nullptr ? *object : nothing;
}

const json::array* array_of(const json::object& from, std::string_view name) {
    const json::value* value = find(from, name);
    return value != nullptr ? value->if_array() : nullptr;
}

json::value text_or_null(std::string_view text) {
    return text.empty() ? json::value(nullptr) : json::value(json::string_view(text.data(), text.size()));
}

problem not_understood(std::string_view what) {
    return {fmt::format("the answer is not {}", what),
            "operatorctl and operatord may be of different versions: compare operatorctl --version with "
            "operatord --version"};
}

}  // namespace opd
