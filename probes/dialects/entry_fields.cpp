#include "probes/dialects/entry_fields.hpp"

#include "config/base/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace opd {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(field::count)> names{"active",
                                                                                     "architecture",
                                                                                     "capabilities",
                                                                                     "context_length",
                                                                                     "context_window",
                                                                                     "details",
                                                                                     "displayName",
                                                                                     "display_name",
                                                                                     "dmr",
                                                                                     "id",
                                                                                     "inputTokenLimit",
                                                                                     "input_modalities",
                                                                                     "key",
                                                                                     "kind",
                                                                                     "labels",
                                                                                     "loaded_context_length",
                                                                                     "loaded_instances",
                                                                                     "max_completion_tokens",
                                                                                     "max_context_length",
                                                                                     "max_context_window",
                                                                                     "max_input_tokens",
                                                                                     "max_model_len",
                                                                                     "max_output_length",
                                                                                     "max_output_tokens",
                                                                                     "max_tokens",
                                                                                     "meta",
                                                                                     "model",
                                                                                     "name",
                                                                                     "outputTokenLimit",
                                                                                     "output_modalities",
                                                                                     "owned_by",
                                                                                     "parameters",
                                                                                     "parent",
                                                                                     "providers",
                                                                                     "state",
                                                                                     "status",
                                                                                     "supportedGenerationMethods",
                                                                                     "supported_features",
                                                                                     "supported_parameters",
                                                                                     "supports_image_input",
                                                                                     "supports_tools",
                                                                                     "tags",
                                                                                     "top_provider",
                                                                                     "type"};
static_assert(std::ranges::is_sorted(names));

// Beyond it a double, and so a client written in JavaScript, would not hold the number exactly.
constexpr double absurd = 9007199254740992.0;

std::optional<std::uint64_t> sensible(double number) {
    if (!std::isfinite(number) || number < 1 || number >= absurd) return std::nullopt;
    return static_cast<std::uint64_t>(number);
}

std::optional<std::uint64_t> parse_tokens(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? sensible(number) : std::nullopt;
}

}  // namespace

entry_fields::entry_fields(simdjson::dom::object entry) {
    for (const auto& [key, value] : entry) {
        const auto* const found = std::ranges::lower_bound(names, key);
        if (found == names.end() || *found != key) continue;
        json_value& slot = values_[static_cast<std::size_t>(found - names.begin())];
        if (!slot) slot = value;
    }
}

json_value member(const json_value& object, std::string_view name) {
    simdjson::dom::object fields;
    simdjson::dom::element found;
    if (!object || object->get(fields) != simdjson::SUCCESS) return std::nullopt;
    if (fields.at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
    return found;
}

std::string_view text_of(const json_value& value) {
    std::string_view text;
    if (!value || value->get(text) != simdjson::SUCCESS) return {};
    return text;
}

std::optional<bool> flag_of(const json_value& value) {
    bool flag = false;
    if (!value || value->get(flag) != simdjson::SUCCESS) return std::nullopt;
    return flag;
}

std::optional<simdjson::dom::array> items_of(const json_value& value) {
    simdjson::dom::array items;
    if (!value || value->get(items) != simdjson::SUCCESS) return std::nullopt;
    return items;
}

std::optional<std::uint64_t> tokens_of(const json_value& value) {
    if (!value) return std::nullopt;
    double number = 0;
    if (value->get(number) == simdjson::SUCCESS) return sensible(number);
    return parse_tokens(text_of(value));
}

bool contains_word(std::initializer_list<std::string_view> words, std::string_view text) {
    return std::ranges::any_of(words, [text](std::string_view word) { return same_in_any_case(word, text); });
}

bool contains_any(const json_value& list, std::initializer_list<std::string_view> words) {
    const auto items = items_of(list);
    if (!items) return false;
    for (const simdjson::dom::element item : *items)
        if (contains_word(words, text_of(item))) return true;
    return false;
}

}  // namespace opd
